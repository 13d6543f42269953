"""Exact cost of every UTC day."""

from __future__ import annotations

from datetime import date, datetime

import duckdb

from models.money import plain, times
from models.prices import published_prices
from models.usage import daily_usage


def cost_by_day(
    connection: duckdb.DuckDBPyConnection, now: datetime, currency: str, tenant: str | None = None
) -> dict[date, str]:
    """Decimal text per day with known billable recipients; days without a price are absent.

    Units: money in the currency, whole recipients × the price of their day, not rounded.
    """
    usage = daily_usage(connection, now, tenant)
    known = usage[usage["billable_recipients"].notna()]
    sums = known.groupby("day", as_index=False)["billable_recipients"].sum()
    days: list[date] = sums["day"].tolist()
    prices, costs = published_prices(connection), dict[date, str]()
    for day, recipients in zip(days, sums["billable_recipients"].tolist(), strict=True):
        cost = plain(times(prices.unit_price(day, currency), int(recipients)))
        if cost is not None:
            costs[day] = cost
    return costs
