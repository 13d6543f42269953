"""Days as an administrator's own culture writes them, as days of ISO 8601.

5/11/2026 is in November or in May, and nothing but the other days of the file can tell: which order
is possible (there is no month 20, and no mail after now), or which gives the much shorter and
denser period. AM and PM prove nothing: Australia writes them behind the day first. Buddhist years
(2569 for 2026) are read where every year of the file is one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.errors import ConfigError
from ingest.files.formats.containers import UnreadableError
from ingest.received import EARLIEST

Order = Literal["day-first", "month-first"]
ORDERS: tuple[Order, ...] = get_args(Order)
BUDDHIST = 543
LONGEST = 12  # signs of the longest day that is written: `20 Nov 2026 `
NUMBERS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?!\d)")
ISO = re.compile(r"(\d{4})([./-])(\d{1,2})\2(\d{1,2})(?!\d)")
NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS = {name: number for number, name in enumerate(NAMES, 1)}
NAMED = re.compile(r"(?:(\d{1,2})[ -])?([A-Za-z]{3})(?(1)[ -]| (\d{1,2}), )(\d{4})(?!\d)")
# An export covers days: the eleventh of each month is a reading of the days of one month.
FEWEST_DAYS, SHORTER = 5, 10
REMEDY = (
    "say --dates day-first or --dates month-first, or export them as ISO 8601,"
    " e.g. $_.Received.ToString('o')"
)


def parse_order(text: str | None) -> Order | None:
    """The order of that name. Raises: ConfigError when there is none."""
    if text is None:
        return None
    for order in ORDERS:
        if order == text:
            return order
    raise ConfigError(f"--dates {text}: use {' or '.join(ORDERS)}")


@dataclass(frozen=True)
class WrittenDay:
    """A day of two numbers and a year, whose order is open."""

    text: str
    first: int
    second: int
    year: int
    separator: str

    def read(self, order: Order) -> date | None:
        """The day in that order; None where there is none."""
        month, day = self.first, self.second
        if order == "day-first":
            month, day = day, month
        try:
            return date(self.year, month, day)
        except ValueError:
            return None


@dataclass(frozen=True)
class Reading:
    """How the days of one file are read: an order for each sign between their numbers."""

    orders: Mapping[str, Order] = field(default_factory=dict)
    too_many_years: int = 0

    def iso(self, text: str) -> str:
        """The text with its day in ISO 8601; without one that can be read, as it is."""
        numbers = NUMBERS.match(text)
        if numbers:
            written = _written(numbers, self.too_many_years)
            order = self.orders.get(written.separator)
            day = order and written.read(order)
            return text if day is None else day.isoformat() + text[numbers.end() :]
        named = NAMED.match(text)
        if named and named[2].lower() in MONTHS:
            month, number = MONTHS[named[2].lower()], int(named[1] or named[3])
            return f"{named[4]}-{month:02}-{number:02}" + text[named.end() :]
        return text


def has_written_days(times: pa.ChunkedArray) -> bool:
    """Whether a time begins with a day that ISO 8601 would write otherwise."""
    return any(NUMBERS.match(text) or NAMED.match(text) for text in _beginnings(times))


def iso_days(times: pa.ChunkedArray, reading: Reading) -> pa.ChunkedArray:
    """The times with their days in ISO 8601."""
    encoded = pc.utf8_slice_codeunits(times, 0, LONGEST).combine_chunks().dictionary_encode()
    days = [text if text is None else reading.iso(text) for text in encoded.dictionary.to_pylist()]
    beginnings = pa.array(days, pa.string()).take(encoded.indices)
    rest = pc.utf8_slice_codeunits(times, LONGEST).combine_chunks()
    return pa.chunked_array([pc.binary_join_element_wise(beginnings, rest, "")])


def reading_of(
    times: Iterable[pa.ChunkedArray], latest: date, requested: Order | None = None
) -> Reading:
    """How the days of a whole file are read. latest: no day of it lies after that one.
    requested: the order of days that the file leaves open.

    Raises: UnreadableError when it leaves them open or proves both orders, and none is requested.
    """
    texts = {text for part in times for text in _beginnings(part)}
    years = {int(numbers[4]) for numbers in map(NUMBERS.match, texts) if numbers}
    is_buddhist = all(EARLIEST.year <= year - BUDDHIST <= latest.year for year in years)
    too_many = BUDDHIST if is_buddhist and years else 0
    days = {_written(numbers, too_many) for numbers in map(NUMBERS.match, texts) if numbers}
    if requested is None:
        _check_spreadsheet(texts, days)
    orders: dict[str, Order] = {}
    for separator in sorted({day.separator for day in days}):
        alike = [day for day in days if day.separator == separator]
        usual: Order | None = "day-first" if separator == "." or too_many else None
        # A stray day after now proves nothing against what is requested; a month 20 does.
        orders[separator] = _order(alike, date.max if requested else latest, usual, requested)
    return Reading(orders, too_many)


def _beginnings(times: pa.ChunkedArray) -> Iterator[str]:
    return (
        text for text in pc.unique(pc.utf8_slice_codeunits(times, 0, LONGEST)).to_pylist() if text
    )


def _written(numbers: re.Match[str], too_many_years: int) -> WrittenDay:
    first, separator, second, year = numbers.groups()
    return WrittenDay(
        numbers[0], int(first), int(second), max(0, int(year) - too_many_years), separator
    )


def _order(
    days: Collection[WrittenDay], latest: date, usual: Order | None, requested: Order | None
) -> Order:
    """The order of days with one sign between their numbers."""
    possible = {
        order: {day for day in days if _is_possible(day.read(order), latest)} for order in ORDERS
    }
    day_first, month_first = (possible[order] for order in ORDERS)
    if day_first - month_first and month_first - day_first:
        if requested:
            return requested
        one, other = _example(day_first - month_first), _example(month_first - day_first)
        raise UnreadableError(f"has days in two orders, such as {one} and {other}; {REMEDY}")
    if day_first != month_first:
        return "day-first" if day_first > month_first else "month-first"
    order = requested or usual or _denser(day_first)
    if order is None:
        open_day = _example(day for day in days if day.first != day.second)
        raise UnreadableError(
            f"has times such as {open_day} whose day and month cannot be told apart; {REMEDY}"
        )
    return order


def _is_possible(day: date | None, latest: date) -> bool:
    return day is not None and EARLIEST.date() <= day <= latest


def _denser(days: Collection[WrittenDay]) -> Order | None:
    """The order in which the days are a dense period, while the other scatters them."""
    if all(day.first == day.second for day in days):
        return "day-first"
    lengths = {order: _length(days, order) for order in ORDERS}
    shorter, longer = sorted(ORDERS, key=lambda order: lengths[order])
    is_dense = len(days) >= FEWEST_DAYS and len(days) * 2 >= lengths[shorter]
    return shorter if is_dense and lengths[longer] >= SHORTER * lengths[shorter] else None


def _length(days: Collection[WrittenDay], order: Order) -> int:
    """Days from the first to the last."""
    read = [day for day in (written.read(order) for written in days) if day]
    return (max(read) - min(read)).days + 1


def _check_spreadsheet(texts: Collection[str], days: Collection[WrittenDay]) -> None:
    """Raises: UnreadableError when a spreadsheet has read days in the wrong order.

    It turns each day that it can read into its own form, the fifth of November into the eleventh of
    May, and leaves the others as they were: one form has only days that leave the order open, the
    other none of them.
    """
    forms: dict[str, list[bool]] = {}
    for day in days:
        forms.setdefault(day.separator, []).append(max(day.first, day.second) <= len(MONTHS))
    for iso in filter(None, map(ISO.match, texts)):
        forms.setdefault("ISO", []).append(int(iso[4]) <= len(MONTHS))
    if any(all(form) for form in forms.values()) and any(
        not any(form) for name, form in forms.items() if name != "ISO"
    ):
        raise UnreadableError(
            "has days in two forms, of which one has no day above 12 and the other only such days:"
            " a spreadsheet seems to have swapped day and month; import the export as it was, or"
            f" {REMEDY}"
        )


def _example(days: Iterable[WrittenDay]) -> str:
    """One of the days as it is written, the same one at each run."""
    return min(day.text for day in days)
