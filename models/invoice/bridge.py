"""The way from the estimate of a month to its invoice, in steps that add up exactly."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from models.invoice.documents import BridgeStep, InvoiceBridge, MonthReconciliation


def invoice_bridge(months: Sequence[MonthReconciliation], currency: str) -> InvoiceBridge | None:
    """The steps over every billing scope of the currency; None where none is invoiced.

    The estimate is that of the days which the invoice is about. Where a scope has no list price its
    expected amount stands for the estimate.
    """
    rows = [row for row in months if row.meters and row.currency == currency]
    if all(row.invoiced is None for row in rows):
        return None

    def total(name: str) -> Decimal:
        amounts = [getattr(row, name) for row in rows]
        return sum((amount for amount in amounts if amount is not None), Decimal(0))

    estimated = sum(
        (row.expected if row.estimated is None else row.estimated for row in rows), Decimal(0)
    )
    steps = {
        "estimate": estimated,
        "price": total("expected") - estimated,
        "not_posted": -total("late"),
        "credit": total("credits"),
        "unexplained": total("residual"),
        "invoice": total("invoiced"),
    }
    return InvoiceBridge(
        currency=currency,
        steps=[BridgeStep(step=name, amount=amount) for name, amount in steps.items()],
    )
