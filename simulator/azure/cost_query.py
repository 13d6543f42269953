"""The query language of Cost Management: which charges, summed how, in which columns."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

import msgspec
import numpy as np

from simulator.mail.instant import day_of, day_text, parse_instant
from simulator.world.invoice import Charge

_MONEY = {"cost", "pretaxcost", "costusd", "pretaxcostusd"}
_KINDS = {"usage", "actualcost", "amortizedcost"}
_EPOCH = date(1970, 1, 1)
_INVALID_FILTER = "Invalid query definition: Invalid filter."
Condition = dict[str, object]
Cell = msgspec.Raw | str | int
Part = TypeVar("Part")


class BadQueryError(Exception):
    """The service answers 400 with this text."""


class Aggregation(msgspec.Struct, frozen=True):
    """A summed column."""

    name: str
    function: str


class Grouping(msgspec.Struct, frozen=True):
    """A column to group by; `type` is Dimension or TagKey."""

    type: str
    name: str

    @property
    def is_tag(self) -> bool:
        """Whether the values of a tag make the groups."""
        return self.type.lower() in ("tagkey", "tag")


class Comparison(msgspec.Struct, frozen=True):
    """A dimension or tag that must have one of the values."""

    name: str
    values: list[str | int | float | bool | None]


class Dataset(msgspec.Struct, frozen=True):
    """Granularity, sums, groups and filter."""

    granularity: str = "None"
    aggregation: dict[str, Aggregation] = {}
    grouping: list[Grouping] = []
    filter: Condition | None = None


class TimePeriod(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """First and last instant of a custom period."""

    start: str
    end: str


class CostQueryBody(msgspec.Struct, frozen=True):
    """The body of a query."""

    type: str
    timeframe: str
    dataset: Dataset
    timePeriod: TimePeriod | None = None  # noqa: N815 - the name on the wire


def read_cost_query(body: bytes) -> CostQueryBody:
    """A checked query. Raises: BadQueryError."""
    try:
        query = msgspec.json.decode(body, type=CostQueryBody)
    except msgspec.MsgspecError as error:
        raise BadQueryError(f"Invalid query definition: {error}") from error
    if query.type.lower() not in _KINDS:
        raise BadQueryError(f"Invalid query definition: Invalid type '{query.type}'.")
    if query.dataset.granularity.lower() not in ("none", "daily", "monthly"):
        raise BadQueryError("Invalid query definition: Invalid dataset granularity.")
    for column in query.dataset.aggregation.values():
        is_amount = column.name.lower() in _MONEY | {"usagequantity"}
        if column.function.lower() != "sum" or not is_amount:
            raise BadQueryError(f"Invalid query definition: Invalid aggregation '{column.name}'.")
    return query


def days_of(query: CostQueryBody, today: int) -> tuple[int, int]:
    """First and last day number of the period. Raises: BadQueryError."""
    frame = query.timeframe.lower()
    month = date.fromisoformat(day_text(today)).replace(day=1)
    if frame in ("monthtodate", "billingmonthtodate"):
        return _number(month), today
    if frame in ("thelastmonth", "thelastbillingmonth"):
        last = _number(month) - 1
        return _number(date.fromisoformat(day_text(last)).replace(day=1)), last
    if frame == "themonth":
        length = calendar.monthrange(month.year, month.month)[1]
        return _number(month), _number(month) + length - 1
    if frame == "weektodate":
        return today - (date.fromisoformat(day_text(today)).isoweekday() % 7), today
    return _custom(query)


def _custom(query: CostQueryBody) -> tuple[int, int]:
    if query.timeframe.lower() != "custom" or query.timePeriod is None:
        raise BadQueryError("Invalid query definition: Invalid timeframe or missing time period.")
    try:
        first, last = (
            day_of(parse_instant(text)) for text in (query.timePeriod.start, query.timePeriod.end)
        )
    except ValueError as error:
        raise BadQueryError(f"Invalid query definition: {error}") from error
    if not first <= last <= first + 366:
        raise BadQueryError("The time period for pulling the data cannot exceed 1 year(s)")
    return first, last


def _number(day: date) -> int:
    return (day - _EPOCH).days


def matches(charge: Charge, condition: Condition | None) -> bool:
    """Whether a charge passes a filter; values compare without regard to letter case.

    Raises: BadQueryError.
    """
    if not condition:
        return True
    parts = {name.lower(): value for name, value in condition.items()}
    if "and" in parts:
        return all(matches(charge, part) for part in _typed(parts["and"], list[Condition]))
    if "or" in parts:
        return any(matches(charge, part) for part in _typed(parts["or"], list[Condition]))
    if "not" in parts:
        return not matches(charge, _typed(parts["not"], Condition))
    return _compare(charge, parts)


def _compare(charge: Charge, condition: Condition) -> bool:
    if "tags" in condition:
        comparison = _typed(condition["tags"], Comparison)
        value = charge.tags.get(comparison.name, "")
    else:
        comparison = _typed(condition.get("dimensions"), Comparison)
        value = _dimension(charge, comparison.name)
    return value.lower() in {str(allowed).lower() for allowed in comparison.values}


def _typed(part: object, kind: type[Part]) -> Part:
    try:
        return msgspec.convert(part, kind)
    except msgspec.ValidationError as error:
        raise BadQueryError(_INVALID_FILTER) from error


def _dimension(charge: Charge, name: str) -> str:
    values = {dimension.lower(): value for dimension, value in charge.dimensions.items()}
    if name.lower() not in values:
        raise BadQueryError(f"Invalid query definition: Invalid dimension '{name}'.")
    return values[name.lower()]


class CostTable:
    """Columns and rows of an answer; the order of the columns is drawn from the seed."""

    def __init__(self, query: CostQueryBody, charges: Sequence[Charge], seed: int) -> None:
        self._data = query.dataset
        names = self._names()
        order = np.random.default_rng([seed, 23]).permutation(len(names))
        self.columns = [{"name": names[at][0], "type": names[at][1]} for at in order]
        self.rows = [[row[at] for at in order] for row in self._rows(charges)]

    def _names(self) -> list[tuple[str, str]]:
        """(name, type) in the order in which `_rows` writes the values."""
        names = [(column.name, "Number") for column in self._data.aggregation.values()]
        times = {"daily": ("UsageDate", "Number"), "monthly": ("BillingMonth", "Datetime")}
        if self._data.granularity.lower() in times:
            names.append(times[self._data.granularity.lower()])
        for group in self._data.grouping:
            if group.is_tag:
                names += [("TagKey", "String"), ("TagValue", "String")]
            else:
                names.append((group.name, "String"))
        return [*names, ("Currency", "String")]

    def _rows(self, charges: Sequence[Charge]) -> list[list[Cell]]:
        totals: dict[tuple[Cell, ...], list[Decimal]] = {}
        columns = [column.name.lower() for column in self._data.aggregation.values()]
        for charge in charges:
            values = [charge.cost if name in _MONEY else charge.quantity for name in columns]
            sums = totals.setdefault(self._key(charge), [Decimal(0)] * len(columns))
            sums[:] = [old + new for old, new in zip(sums, values, strict=True)]
        return [[*map(number_text, sums), *key, "USD"] for key, sums in totals.items()]

    def _key(self, charge: Charge) -> tuple[Cell, ...]:
        key: list[Cell] = []
        day = day_text(charge.day)
        if self._data.granularity.lower() == "daily":
            key.append(int(day.replace("-", "")))
        elif self._data.granularity.lower() == "monthly":
            key.append(f"{day[:7]}-01T00:00:00")
        for group in self._data.grouping:
            if group.is_tag:
                key += [group.name, charge.tags.get(group.name, "")]
            else:
                key.append(_dimension(charge, group.name))
        return tuple(key)


def number_text(value: Decimal) -> msgspec.Raw:
    """A JSON number as the service writes it: small ones such as 7E-06."""
    return msgspec.Raw(repr(float(value)).upper().encode())
