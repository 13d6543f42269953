"""Exact cost of every UTC day: whole recipients × the price of their day, not rounded."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd

from models.cost.documents import PricePart
from models.money import times
from models.periods import end_of_month
from models.reference.prices import ONE_DAY, PriceBook, published_prices
from models.usage.usage import daily_usage
from warehouse.reading import Published


def billable_days(published: Published) -> pd.DataFrame:
    """What is known to be billable, one row per account and day.

    Shape: tenant, account, day, messages, recipients (billable ones).
    """
    usage = daily_usage(published)
    known = usage[usage["billable_recipients"].notna()]
    frame = known[["tenant", "account", "day", "messages", "billable_recipients"]]
    frame = frame.rename(columns={"billable_recipients": "recipients"})
    return frame.astype({"recipients": "int64", "messages": "int64"}).reset_index(drop=True)


def spent_days(published: Published, currency: str) -> pd.DataFrame:
    """The same rows with `cost`: Decimal, None where the currency has no price."""
    return priced(billable_days(published), published_prices(published.connection), currency)


def priced(rows: pd.DataFrame, prices: PriceBook, currency: str) -> pd.DataFrame:
    """The rows (tenant, day, recipients) with their exact cost, None without a price."""
    days = set(rows["day"])
    listed = {
        tenant: {day: prices.unit_price(day, currency, tenant) for day in days}
        for tenant in rows["tenant"].unique()
    }
    counts = zip(rows["tenant"], rows["day"], rows["recipients"].tolist(), strict=True)
    costs = [times(listed[tenant][day], count) for tenant, day, count in counts]
    return rows.assign(cost=pd.Series(costs, index=rows.index, dtype=object))


def cost_of(rows: pd.DataFrame) -> Decimal | None:
    """Exact sum of `cost`; None where a price is missing."""
    costs = rows["cost"].tolist()
    return None if any(cost is None for cost in costs) else sum(costs, Decimal(0))


def cost_by_day(published: Published, currency: str) -> dict[date, Decimal]:
    """Exact cost of each day with known billable recipients; days without a price are absent."""
    days = billable_days(published).groupby(["day", "tenant"], as_index=False)
    sums = days.agg({"recipients": "sum"})
    spent = priced(sums, published_prices(published.connection), currency)
    costs = {day: cost_of(spent[spent["day"] == day]) for day in set(spent["day"].tolist())}
    return {day: cost for day, cost in costs.items() if cost is not None}


def price_parts(
    spent: pd.DataFrame, prices: PriceBook, currency: str, first: date
) -> list[PricePart]:
    """The month in stretches of one price: a change in its middle splits it.

    spent: tenant, day, recipients and cost of the month. The parts add up to the month.
    """
    last, tenants = end_of_month(first), sorted(set(spent["tenant"])) or [None]
    changes = {
        day for tenant in tenants for day in prices.of(tenant).changes(first, last, currency)
    }
    starts = [first, *sorted(changes)]
    ends = [*(day - ONE_DAY for day in starts[1:]), last]
    parts = []
    for start, end in zip(starts, ends, strict=True):
        rows = spent[(spent["day"] >= start) & (spent["day"] <= end)]
        shared = {prices.unit_price(start, currency, tenant) for tenant in tenants}
        parts.append(
            PricePart(
                first=start,
                last=end,
                unit_price=shared.pop() if len(shared) == 1 else None,
                billable_recipients=int(rows["recipients"].sum()),
                cost=cost_of(rows),
            )
        )
    return parts
