"""Counted days of made-up accounts, and what costs are projected from them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pandas as pd

from models.cost.daily import priced
from models.cost.known import CountedMonth, UnreadDays
from models.cost.outlook import CostOutlook, outlook_of
from models.reference.prices import Price, PriceBook, Tariff

HR, IT = "hr@contoso.com", "it@contoso.com"
PRICE = Decimal("0.000042")
TODAY = date(2026, 11, 25)
Row = tuple[str, date, int | None, int]  # account, day, billable (None: not known), unknown


def book(price: Decimal = PRICE) -> PriceBook:
    """One price for ever."""
    return PriceBook((Price(date(2020, 1, 1), "USD", price),))


def days(account: str, first: date, count: int, billable: int, unknown: int = 0) -> list[Row]:
    """The same on so many days."""
    return [(account, first + timedelta(days=n), billable, unknown) for n in range(count)]


def spent(
    rows: Iterable[Row], currency: str = "USD", prices: PriceBook | None = None
) -> pd.DataFrame:
    """What models.cost.daily.spent_days returns of the rows; a message for each."""
    names = ["tenant", "account", "day", "messages", "recipients", "unknown", "is_known"]
    frame = pd.DataFrame(
        [
            ("contoso", who, day, 1, known or 0, more, known is not None)
            for who, day, known, more in rows
        ],
        columns=names,
    )
    return priced(frame, prices or book(), currency)


def unread(accounts: Iterable[str] = (), missing: Collection[date] = ()) -> UnreadDays:
    """The same days of each account."""
    return UnreadDays({("contoso", account): frozenset(missing) for account in accounts})


def outlook(
    rows: pd.DataFrame,
    missing: UnreadDays | None = None,
    *,
    now: datetime | None = None,
    currency: str = "USD",
    plans: pd.DataFrame | None = None,
) -> CostOutlook:
    """Of `spent` as known at midnight of TODAY."""
    at = now or datetime.combine(TODAY, time(0), UTC)
    tariff = Tariff(book(), currency, at.date(), rows)
    return outlook_of(rows, at, tariff, missing or unread(), plans=plans)


def month(
    rows: pd.DataFrame, first: date, last: date, missing: UnreadDays | None = None
) -> CountedMonth:
    """The rows as a month."""
    return CountedMonth(rows, missing or unread(), first, last, frozenset(rows["account"]))
