"""Exact cost of every UTC day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hve_monitor.document import plain
from models.money import times
from models.reference.prices import published_prices
from models.usage.usage import daily_usage
from warehouse.reading import Published


def cost_by_day(published: Published, currency: str) -> dict[date, str]:
    """Decimal text per day with known billable recipients; days without a price are absent.

    Units: money in the currency, whole recipients × the price of their day, not rounded.
    """
    usage = daily_usage(published)
    known = usage[usage["billable_recipients"].notna()]
    sums = known.groupby(["day", "tenant"], as_index=False)["billable_recipients"].sum()
    prices, costs = published_prices(published.connection), dict[date, Decimal | None]()
    for row in sums.itertuples(index=False):
        price = prices.unit_price(row.day, currency, str(row.tenant))
        cost, before = times(price, int(row.billable_recipients)), costs.get(row.day, Decimal(0))
        costs[row.day] = None if cost is None or before is None else before + cost
    return {day: text for day, cost in costs.items() if (text := plain(cost)) is not None}
