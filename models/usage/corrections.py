"""Past days that count otherwise than they did: what changed, when, and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hve_monitor.document import Document
from hve_monitor.files import sql
from models.engine.sql import records
from models.engine.workplace import Workplace
from models.money import times
from models.reference.prices import PriceBook
from warehouse.reading import Published
from warehouse.store import Store
from warehouse.tables import HVE_USAGE_CORRECTIONS, HVE_USAGE_DAILY
from warehouse.tables.marts import STATUSES

CORRECTED = sql(__file__, "steps/corrected_days")


class Correction(Document):
    """A past day that counts otherwise than it did.

    Units: recipients, differences after - before, None where one of both is not known; statuses
    holds only those that differ.
    """

    tenant: str
    account: str
    day_utc: date
    corrected_at: datetime
    billable_before: int | None
    billable_after: int | None
    change: int | None
    cost_change: Decimal | None
    statuses: dict[str, int | None]
    reason: str


def keep_corrections(
    store: Store, place: Workplace, tenant: str, days: Sequence[date], now: datetime
) -> None:
    """Notes rebuilt days before today whose billable recipients are others than the stored ones.

    Notes come before the days are replaced: repeating a build that died between the two notes them
    again, and readers leave out a note that does not follow the one before.
    """
    past = [day for day in days if day < now.date()]
    files = store.delta.files(HVE_USAGE_DAILY, tenant, past)
    if not files:
        return
    place.offer_files("kept.usage_daily", HVE_USAGE_DAILY, files)
    corrected = place.rows(CORRECTED, {"now": now, "batch": store.state.next_batch()})
    store.delta.append(HVE_USAGE_CORRECTIONS, corrected)


def corrections(
    published: Published, first: date, last: date, currency: str, prices: PriceBook
) -> list[Correction]:
    """Corrections of the days `first` to `last` that were noted until `now`, newest first."""
    bounds = {"now": published.now, "first": first, "last": last, "tenant": published.tenant}
    return [
        _correction(row, prices, currency)
        for row in records(published.connection, sql(__file__, "corrections"), bounds)
    ]


def _correction(row: Mapping[str, Any], prices: PriceBook, currency: str) -> Correction:
    price = prices.unit_price(row["day"], currency, row["tenant"])
    change = _difference(row, "billable")
    moved = {
        status: _difference(row, status)
        for status in STATUSES
        if row[f"{status}_after"] != row[f"{status}_before"]
    }
    return Correction(
        tenant=row["tenant"],
        account=row["account"],
        day_utc=row["day"],
        corrected_at=row["corrected_at"],
        billable_before=row["billable_before"],
        billable_after=row["billable_after"],
        change=change,
        cost_change=None if change is None else times(price, change),
        statuses=moved,
        reason="statuses or rows changed" if moved else "metering rules changed",
    )


def _difference(row: Mapping[str, Any], name: str) -> int | None:
    before, after = row[f"{name}_before"], row[f"{name}_after"]
    return None if before is None or after is None else after - before
