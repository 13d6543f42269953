"""Exact cost of every UTC day."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import duckdb

from models.money import plain, times
from models.prices import read_price_book
from models.usage import daily_usage


def cost_by_day(
    connection: duckdb.DuckDBPyConnection, now: datetime, currency: str, tenant: str | None = None
) -> dict[date, str]:
    """Decimal text per day with known billable recipients; days without a price are absent.

    Units: money in the currency, whole recipients × the price of their day, not rounded.
    """
    usage = daily_usage(connection, now, tenant)
    known = usage[usage["billable_recipients"].notna()]
    recipients = known.groupby("day")["billable_recipients"].sum()
    prices = read_price_book()
    costs: dict[date, Decimal | None] = {
        day: times(prices.unit_price(day, currency), int(count))
        for day, count in recipients.items()
    }
    return {day: str(plain(cost)) for day, cost in costs.items() if cost is not None}
