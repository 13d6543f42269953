"""The usage and the invoice of a simulated tenant, handed over without the way through HTTPS."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np

from models.invoice.hour_counts import STATUSES, HourCounts
from models.invoice.invoiced import InvoiceRow, Meter, ReadSpan
from models.invoice.ledger import LedgerSettings, ScopeLedger, Usage
from models.invoice.meters import ledgers
from models.reference.prices import read_price_book
from simulator import SimulatedTenant
from simulator.mail.block import DELIVERED, FAILED, QUARANTINED, SPAM
from simulator.mail.instant import DAY, HOUR, day_of, moment_of

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001"
CODES = {
    "delivered": DELIVERED,
    "quarantined": QUARANTINED,
    "filtered_as_spam": SPAM,
    "failed": FAILED,
}
SPAN = ReadSpan(datetime(2026, 10, 1, tzinfo=UTC), NOW)
EPOCH = date(1970, 1, 1)


def seen_hours(tenant: SimulatedTenant) -> HourCounts:
    """What a reader of all traces counts by hour at the tenant's clock."""
    first, today = tenant.traffic.first_day, day_of(tenant.clock)
    size = (today - first + 1) * 24
    counts = {status: np.zeros(size, dtype=np.int64) for status in STATUSES}
    for account in tenant.traffic.hve_accounts:
        for day in range(first, today + 1):
            block = tenant.traffic.block(account.index, day)
            place, status = (block.received - first * DAY) // HOUR, block.status_at(tenant.clock)
            shown = block.visible_at(tenant.clock)
            for name, code in CODES.items():
                counts[name] += np.bincount(place[(status == code) & shown], minlength=size)
    return HourCounts(moment_of(first * DAY).date(), counts)


def invoiced(tenant: SimulatedTenant, *, with_quantity: bool = True) -> list[InvoiceRow]:
    """The tenant's charges as Cost Management writes them: as floats."""
    return [
        InvoiceRow(
            tenant.name,
            SCOPE,
            EPOCH + timedelta(days=charge.day),
            Meter(
                charge.dimensions["ServiceName"],
                charge.dimensions["MeterCategory"],
                charge.dimensions["MeterSubcategory"],
                charge.dimensions["Meter"],
                charge.dimensions["ResourceGroup"],
            ),
            charge.dimensions["ChargeType"],
            "USD",
            Decimal(repr(float(charge.cost))),
            Decimal(repr(float(charge.quantity))) if with_quantity else None,
        )
        for charge in tenant.azure.charges(0, 100_000)
    ]


def ledger_of(tenant: SimulatedTenant, settings: LedgerSettings | None = None) -> ScopeLedger:
    """The one ledger of the tenant's subscription."""
    usage = Usage(None, seen_hours(tenant), lambda _since, _until: {})
    book = read_price_book()
    (ledger,) = ledgers(
        tenant.name,
        SCOPE,
        invoiced(tenant),
        [usage],
        book.unit_price,
        SPAN,
        settings or LedgerSettings(),
    )
    return ledger
