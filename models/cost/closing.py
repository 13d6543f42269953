"""Closed months: what they were when they were closed, and what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from hve_monitor.clock import iso
from hve_monitor.document import Document, encoded
from hve_monitor.errors import ConfigError
from models.cost.documents import CenterCost, ClosedMonth, CostReport, KnownPart, Restatement
from models.invoice.documents import InvoicedMonth, MonthReconciliation
from models.periods import end_of_month
from warehouse.records.money import closed_month, freeze_month
from warehouse.state import State


class FrozenAccount(Document):
    """An account's part of a closed month."""

    account: str
    billable_recipients: int | None
    month_to_date: Decimal | None


class FrozenMonth(Document):
    """What is kept of a cost report when its month is closed."""

    month: str
    currency: str
    month_to_date: KnownPart
    by_cost_center: list[CenterCost]
    invoice: InvoicedMonth | None
    reconciliation_months: list[MonthReconciliation]
    by_account: list[FrozenAccount]
    open_days: list[date]


class _Invoiced(Document):
    invoiced: Decimal


class _Kept(Document):
    """What is read again of a frozen month, which an earlier release may have written."""

    month_to_date: KnownPart
    invoice: _Invoiced | None
    by_account: list[FrozenAccount]
    open_days: list[date]


def close_month(
    state: State, tenant: str, report: CostReport, first_day: date, now: datetime
) -> FrozenMonth:
    """Freezes the month of a tenant's cost report; returns what was frozen.

    Raises: ConfigError when the month is not over, nothing is known of it, or it is closed.
    """
    month = report.month
    if end_of_month(first_day) >= now.date():
        raise ConfigError(f"--close {month}: the month is not over at {iso(now)}")
    if report.month_to_date.billable_recipients is None and report.invoice is None:
        raise ConfigError(f"--close {month}: nothing is known of it for tenant '{tenant}'")
    frozen = _frozen(report)
    if not freeze_month(state, tenant, month, now, encoded(frozen)):
        stored = closed_month(state, tenant, month)
        at = f" since {iso(stored[0])}" if stored else ""
        raise ConfigError(
            f"--close {month}: tenant '{tenant}' has it closed{at};"
            " changes are shown as restatements"
        )
    return frozen


def _frozen(report: CostReport) -> FrozenMonth:
    return FrozenMonth(
        month=report.month,
        currency=report.currency,
        month_to_date=report.month_to_date,
        by_cost_center=report.by_cost_center,
        invoice=report.invoice,
        reconciliation_months=report.reconciliation_months,
        by_account=[
            FrozenAccount(
                account=line.account,
                billable_recipients=line.billable_recipients,
                month_to_date=line.month_to_date,
            )
            for line in report.by_account
        ],
        open_days=[
            row.day_utc for row in report.reconciliation if row.status in ("late", "unexplained")
        ],
    )


def with_closing(report: CostReport, state: State, tenants: Sequence[str]) -> CostReport:
    """The report with each tenant's closing of its month, and what differs from it now."""
    stored = {tenant: closed_month(state, tenant, report.month) for tenant in tenants}
    frozen = {
        tenant: (month[0], msgspec.convert(month[1], _Kept))
        for tenant, month in stored.items()
        if month is not None
    }
    if not frozen:
        return report
    closed = [
        ClosedMonth(tenant=tenant, closed_at=at, open_days=kept.open_days)
        for tenant, (at, kept) in frozen.items()
    ]
    # Frozen months are compared one tenant at a time: sums over several would hide a change.
    changes = _restatements(next(iter(frozen.values()))[1], report) if len(tenants) == 1 else []
    return msgspec.structs.replace(report, closed=closed, restatements=changes)


def _restatements(frozen: _Kept, report: CostReport) -> list[Restatement]:
    before = {line.account: line.month_to_date for line in frozen.by_account}
    after = {line.account: line.month_to_date for line in report.by_account}
    changes = [
        _change("account", account, before.get(account), after.get(account))
        for account in sorted(before.keys() | after.keys())
    ]
    invoiced = frozen.invoice.invoiced if frozen.invoice else None
    invoiced_now = report.invoice.invoiced if report.invoice else None
    changes += [
        _change("estimate", None, frozen.month_to_date.cost, report.month_to_date.cost),
        _change("invoice", None, invoiced, invoiced_now),
    ]
    return [change for change in changes if change.closed != change.now]


def _change(
    what: str, account: str | None, closed: Decimal | None, now: Decimal | None
) -> Restatement:
    # An account that sent nothing is in one of the two alone.
    difference = (now or Decimal(0)) - (closed or Decimal(0))
    return Restatement(
        what=what,
        account=account,
        closed=closed,
        now=now if difference else closed,
        difference=difference,
    )
