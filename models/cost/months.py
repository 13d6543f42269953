"""Months beside each other, by account, cost center or tenant, and the days of one of these.

What was not read is unknown or a part, as in the report of a month.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias, get_args

import pandas as pd
from msgspec import structs

from hve_monitor.clock import days_between, start_of_day
from hve_monitor.errors import ConfigError
from models.cost.daily import billable_days, priced, unread_of
from models.cost.documents import (
    ALONE,
    GroupDay,
    GroupDays,
    GroupMonth,
    GroupMonths,
    KnownPart,
    MonthsBeside,
)
from models.cost.known import Key, Sums, UnreadDays, known_part, sums_of
from models.money import times
from models.periods import end_of_month, month_after
from models.reference.cost_centers import Centers
from models.reference.prices import ONE_DAY, PriceBook, published_prices
from warehouse.reading import Published

By: TypeAlias = Literal["account", "cost_center", "tenant"]
MOST_MONTHS = 36


class Group(NamedTuple):
    """Whose cost it is: name of an account with its tenant, of a center or of a tenant."""

    name: str | None
    tenant: str | None = None


def by_of(text: str) -> By:
    """The grouping of that name. Raises: ConfigError."""
    for by in get_args(By):
        if text.replace("-", "_") == by:
            chosen: By = by
            return chosen
    raise ConfigError(f"--by {text}: use one of {', '.join(get_args(By))}")


def months_beside(
    published: Published, currency: str, by: By, centers: Centers, last: date, count: int
) -> MonthsBeside:
    """The `count` months up to the one that begins with `last`. Raises: ConfigError."""
    if not 1 <= count <= MOST_MONTHS:
        raise ConfigError(f"--months {count}: use a number from 1 to {MOST_MONTHS}")
    months = [month_after(last, step) for step in range(1 - count, 1)]
    spent = spent_months(published, currency, months)
    groups = spent.groups(by, centers)
    rows = [spent.row(group, keys, 1) for group, keys in groups.items()]
    rows.sort(key=lambda row: (-row.known, row.name is None, row.name or "", row.tenant or ""))
    rest = [Group(row.name, row.tenant) for row in rows[ALONE:]]
    others = {key for group in rest for key in groups[group]}
    return MonthsBeside(
        by=by,
        currency=currency,
        months=[f"{month:%Y-%m}" for month in months],
        until=min(end_of_month(last), max(last, published.now.date())),
        groups=rows,
        others=spent.row(Group(None), others, len(rest)) if rest else None,
        total=spent.row(Group(None), None, len(rows)),
    )


def spent_months(published: Published, currency: str, months: Sequence[date]) -> SpentMonths:
    """What was spent in months, oldest first, each by its first day."""
    today, last = published.now.date(), end_of_month(months[-1])
    rows = billable_days(published, start_of_day(months[0]), start_of_day(last + ONE_DAY))
    return SpentMonths(
        month_sums(rows, published_prices(published.connection), currency),
        unread_of(published, months[0], min(last, today)),
        months,
        today,
    )


def month_sums(
    rows: pd.DataFrame, prices: PriceBook, currency: str
) -> dict[tuple[Key, date], Sums]:
    """Sums of each account and month (its first day) of models.cost.daily.billable_days."""
    sums: dict[tuple[Key, date], Sums] = {}
    counted = _counts(rows, prices, currency)
    for (tenant, account, month, price), part in zip(
        counted.index, counted.to_numpy().tolist(), strict=True
    ):
        own = sums.setdefault(((tenant, account), month), Sums())
        own.join(_priced(part, price if isinstance(price, Decimal) else None))
    return sums


def _counts(rows: pd.DataFrame, prices: PriceBook, currency: str) -> pd.DataFrame:
    """Counts by tenant, account, month and price: whole numbers are added before they are priced.

    A day without a price has NaN for one.
    """
    first = {day: day.replace(day=1) for day in rows["day"].unique()}
    price = {
        (tenant, day): prices.unit_price(day, currency, tenant)
        for tenant, day in rows[["tenant", "day"]].drop_duplicates().itertuples(index=False)
    }
    of_day = [price[key] for key in zip(rows["tenant"], rows["day"], strict=True)]
    frame = rows.assign(
        month=rows["day"].map(first), price=pd.Series(of_day, rows.index, dtype=object)
    )
    return frame.groupby(["tenant", "account", "month", "price"], dropna=False, sort=False).agg(
        rows=("day", "size"),
        known_rows=("is_known", "sum"),
        recipients=("recipients", "sum"),
        unknown=("unknown", "sum"),
    )


def _priced(part: Iterable[int], price: Decimal | None) -> Sums:
    """Counts of one price with what they cost."""
    rows, known_rows, recipients, unknown = map(int, part)
    return Sums(
        rows, known_rows, recipients, unknown, times(price, recipients), times(price, unknown)
    )


@dataclass(frozen=True)
class SpentMonths:
    """Sums by account and month, which days were not read, and the months, oldest first."""

    sums: Mapping[tuple[Key, date], Sums]
    unread: UnreadDays
    months: Sequence[date]
    today: date

    def groups(self, by: By, centers: Centers) -> dict[Group, set[Key]]:
        """The accounts of each group: those with mail, and those that may have had some."""
        groups: dict[Group, set[Key]] = {}
        for tenant, account in sorted(self._keys):
            if by == "tenant":
                group = Group(tenant)
            elif by == "cost_center":
                center = centers.of(account)
                group = Group(center.name if center else None)
            else:
                group = Group(account, tenant)
            if account or by == "tenant":
                groups.setdefault(group, set()).add((tenant, account))
        return groups

    @cached_property
    def _keys(self) -> set[Key]:
        return {key for key, _ in self.sums} | set(self.unread.by_account)

    def row(self, group: Group, keys: Collection[Key] | None, members: int) -> GroupMonths:
        """The months of some accounts, or of all."""
        parts = [self.part(month, keys) for month in self.months]
        difference, ratio = compared(*parts[-2:]) if len(parts) > 1 else (None, None)
        return GroupMonths(
            name=group.name,
            tenant=group.tenant,
            members=members,
            months=[
                GroupMonth(**structs.asdict(part), month=f"{month:%Y-%m}")
                for month, part in zip(self.months, parts, strict=True)
            ],
            difference=difference,
            ratio=ratio,
        )

    def part(self, month: date, keys: Collection[Key] | None) -> KnownPart:
        """What is known of some accounts, or of all, in a month until today."""
        total = Sums()
        for key in self._keys if keys is None else keys:
            if (own := self.sums.get((key, month))) is not None:
                total.join(own)
        last = min(end_of_month(month), self.today)
        days = max((last - month).days + 1, 0)
        return known_part(total, self.unread.count(keys or (), month, last), days)


def compared(before: KnownPart, after: KnownPart) -> tuple[Decimal | None, float | None]:
    """The difference of two months that are wholly known, and its share of the first."""
    parts = (before, after)
    if any(part.unknown_recipients or part.unread_days for part in parts):
        return None, None
    if before.cost is None or after.cost is None:
        return None, None
    difference = after.cost - before.cost
    return difference, round(float(difference / before.cost), 4) if before.cost else None


def group_days(
    published: Published, currency: str, by: By, centers: Centers, month: date, name: str
) -> GroupDays:
    """The days of a group in the month until today; an empty name: what no cost center pays for.

    Raises: ConfigError when there is no such group.
    """
    spent = spent_months(published, currency, [month])
    groups = spent.groups(by, centers).items()
    keys = {key for group, accounts in groups if (group.name or "") == name for key in accounts}
    if not keys:
        raise ConfigError(f"--days-of {name}: no {by.replace('_', ' ')} of that name is known")
    last = min(end_of_month(month), published.now.date())
    sums = _day_sums(published, currency, keys, month, last)
    return GroupDays(
        by=by,
        name=name or None,
        currency=currency,
        month=f"{month:%Y-%m}",
        days=[
            _group_day(day, sums.get(day, Sums()), spent.unread.count(keys, day, day))
            for day in days_between(month, last)
        ],
        total=spent.part(month, keys),
    )


def _group_day(day: date, sums: Sums, unread: int) -> GroupDay:
    return GroupDay(**structs.asdict(known_part(sums, unread, 1)), day_utc=day)


def _day_sums(
    published: Published, currency: str, keys: Collection[Key], first: date, last: date
) -> dict[date, Sums]:
    """Sums of some accounts by day."""
    rows = billable_days(published, start_of_day(first), start_of_day(last + ONE_DAY))
    is_own = [key in keys for key in zip(rows["tenant"], rows["account"], strict=True)]
    own = rows[pd.Series(is_own, rows.index, dtype=bool)]  # a list of none would take no column
    own = priced(own, published_prices(published.connection), currency)
    return {day: sums_of(own[own["day"] == day]) for day in own["day"].unique()}
