"""Exact cost of every UTC day: whole recipients × the price of their day, not rounded."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import pandas as pd
from msgspec.structs import asdict

from hve_monitor.clock import days_between
from models.cost.documents import KnownPart, PricePart
from models.cost.known import CountedMonth, Sums, UnreadDays, known_part, sum_of, sums_of
from models.money import times
from models.periods import end_of_month
from models.reference.prices import ONE_DAY, PriceBook, published_prices
from models.usage.coverage import unlisted_tenants
from models.usage.unread import unread_days
from models.usage.usage import daily_usage
from warehouse.reading import Published


class DayCost(NamedTuple):
    """A UTC day over all accounts."""

    day: date
    counted: KnownPart


def unread_of(published: Published, first: date, last: date) -> UnreadDays:
    """The days from `first` to `last` that were not read wholly, by account.

    Of a tenant that could never be read it is every day, of no account.
    """
    never = frozenset(days_between(first, last))
    unlisted = {(tenant, ""): never for tenant in unlisted_tenants(published)}
    return UnreadDays(unread_days(published, first, last) | unlisted)


def billable_days(
    published: Published, since: datetime | None = None, until: datetime | None = None
) -> pd.DataFrame:
    """What is known to be billable, one row per account and day with mail, in [since, until).

    Shape: tenant, account, day, messages, recipients (billable ones, 0 where nothing is known),
    unknown (recipients without a status), is_known (whether any row of the day has one).
    """
    usage = daily_usage(published, since, until)
    frame = usage[["tenant", "account", "day", "messages"]].assign(
        recipients=usage["billable_recipients"].fillna(0),
        unknown=usage["unknown_recipients"].fillna(0),
        is_known=usage["billable_recipients"].notna(),
    )
    counts = ("messages", "recipients", "unknown")
    return frame.astype(dict.fromkeys(counts, "int64") | {"is_known": bool})


def spent_days(published: Published, currency: str) -> pd.DataFrame:
    """The same rows with `cost` and `unknown_cost`: Decimal, None where the currency has no price.

    unknown_cost is what the unknown recipients cost if all of them are charged.
    """
    return priced(billable_days(published), published_prices(published.connection), currency)


def priced(rows: pd.DataFrame, prices: PriceBook, currency: str) -> pd.DataFrame:
    """The rows (tenant, day, recipients, unknown) with their exact costs, None without a price."""
    days = set(rows["day"])
    listed = {
        tenant: {day: prices.unit_price(day, currency, tenant) for day in days}
        for tenant in rows["tenant"].unique()
    }
    price = [listed[tenant][day] for tenant, day in zip(rows["tenant"], rows["day"], strict=True)]

    def costs(counts: str) -> pd.Series:
        amounts = map(times, price, rows[counts].tolist())
        return pd.Series(list(amounts), index=rows.index, dtype=object)

    return rows.assign(cost=costs("recipients"), unknown_cost=costs("unknown"))


def cost_of(rows: pd.DataFrame) -> Decimal | None:
    """Exact sum of `cost`; None where a price is missing."""
    return sum_of(rows["cost"])


def cost_by_day(published: Published, currency: str, first: date, last: date) -> list[DayCost]:
    """Exact cost of each UTC day from `first` to `last`, and what is known of it."""
    spent, unread = spent_days(published, currency), unread_of(published, first, last)
    by_day = {day: sums_of(rows) for day, rows in spent.groupby("day")}
    return [
        DayCost(day, known_part(by_day.get(day, Sums()), unread.count((), day, day), 1))
        for day in days_between(first, last)
    ]


def price_parts(month: CountedMonth, prices: PriceBook, currency: str) -> list[PricePart]:
    """The month in stretches of one price: a change in its middle splits it.

    The parts add up to the month.
    """
    first, last = month.first, end_of_month(month.first)
    tenants = sorted(set(month.rows["tenant"])) or [None]
    changes = {
        day for tenant in tenants for day in prices.of(tenant).changes(first, last, currency)
    }
    starts = [first, *sorted(changes)]
    ends = [*(day - ONE_DAY for day in starts[1:]), last]
    return [
        _price_part(month, start, end, {prices.unit_price(start, currency, t) for t in tenants})
        for start, end in zip(starts, ends, strict=True)
    ]


def _price_part(
    month: CountedMonth, start: date, end: date, prices: set[Decimal | None]
) -> PricePart:
    rows = month.rows[(month.rows["day"] >= start) & (month.rows["day"] <= end)]
    part = CountedMonth(rows, month.unread, start, min(end, month.last))
    return PricePart(
        **asdict(part.counted(rows, ())),
        first=start,
        last=end,
        unit_price=prices.pop() if len(prices) == 1 else None,
    )
