"""Reconciliation and invoice as `hve cost` prints them (CONTRACT.md, JSON).

Money is Decimal in the row's currency; None is unknown.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hve_monitor.document import Document
from models.invoice.causes import Cause
from models.invoice.invoiced import Meter
from models.invoice.undocumented import Discovery


class DayReconciliation(Document):
    """A billing day of a scope: estimates beside what Azure charged.

    estimated: list price × delivered of the UTC day; expected: by the rate of the ledger for the
    billing day; difference: invoiced - estimated; residual: usage - expected. status: matched,
    late, credit or unexplained, which comes with its likely causes.
    """

    tenant: str
    scope: str
    billing_policy: str | None
    currency: str | None
    day_utc: date
    estimated: Decimal | None
    invoiced: Decimal | None
    difference: Decimal | None
    expected: Decimal
    credit: Decimal
    residual: Decimal
    status: str
    causes: tuple[Cause, ...]


class MonthReconciliation(Document):
    """The sums of a scope's month, the meters that they are about, and what their amounts show.

    invoiced is None where no day of the month was invoiced.
    """

    tenant: str
    scope: str
    billing_policy: str | None
    currency: str | None
    month: str
    meters: tuple[Meter, ...]
    estimated: Decimal | None
    expected: Decimal
    invoiced: Decimal | None
    credits: Decimal
    late: Decimal
    residual: Decimal
    status: str
    findings: list[Discovery]


class BridgeStep(Document):
    """A step from the estimate to the invoice: estimate, price, not_posted, credit, unexplained.

    Together they are the amount of the last one, invoice.
    """

    step: str
    amount: Decimal


class InvoiceBridge(Document):
    """The steps of a month over all billing scopes of a currency."""

    currency: str
    steps: list[BridgeStep]


class AccountShare(Document):
    """What an account bears of the invoice, to a millionth."""

    account: str
    cost_center: str | None
    amount: Decimal


class CenterShare(Document):
    """What a cost center bears; kind: cost_center, unallocated, or residual (no usage explains it).

    booked: the amount in whole cents, with its two decimals.
    """

    cost_center: str | None
    kind: str
    amount: Decimal
    booked: str


class InvoicedMonth(Document):
    """What Azure invoiced in a month, by payer; the lines add up to it (models.invoice.report)."""

    currency: str
    invoiced: Decimal
    by_account: list[AccountShare]
    by_cost_center: list[CenterShare]
    residual: Decimal
    credits: Decimal
    rounding: str

    @property
    def unexplained(self) -> Decimal:
        """The residual without the credits, which are lines of their own to people."""
        return self.residual - self.credits

    def shares(self) -> dict[str | None, CenterShare]:
        """The share of each cost center; of accounts without one under None."""
        return {
            share.cost_center: share for share in self.by_cost_center if share.kind != "residual"
        }
