"""What is remembered of money: closed months, passed budgets, and the prices of the last build."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from hve_monitor.document import Document, decimal_text
from warehouse.state import State, text_of, time_of

LAST_STATEMENTS = """
select tenant, max(at) from (
    select tenant, at from verdicts
    union all select tenant, created_at from plans
    union all select tenant, removed_at from plans where removed_at is not null
) group by tenant"""


class BudgetAlert(Document):
    """A threshold of a budget that was passed in a period; money in the currency."""

    budget: str
    period_start: date
    threshold: float
    passed_on: date
    amount: Decimal
    used: Decimal
    currency: str


def reference_version(state: State, tenant: str) -> str | None:
    """Version of the prices and rules that the tenant's marts were built by."""
    row = state.connection.execute(
        "select version from reference_versions where tenant = ?", [tenant]
    ).fetchone()
    return str(row[0]) if row else None


def record_reference_version(state: State, tenant: str, version: str) -> None:
    """Remembers the prices and rules of a build."""
    state.connection.execute(
        "insert or replace into reference_versions values (?, ?)", [tenant, version]
    )


def freeze_month(state: State, tenant: str, month: str, at: datetime, document: Any) -> bool:
    """Freezes a month; False when it was closed before, which then stays as it is."""
    done = state.connection.execute(
        "insert or ignore into closed_months values (?, ?, ?, ?)",
        [tenant, month, text_of(at), json.dumps(document)],
    )
    return done.rowcount == 1


def closed_month(state: State, tenant: str, month: str) -> tuple[datetime, Any] | None:
    """When the month was closed and as what; None while it is open."""
    row = state.connection.execute(
        "select closed_at, document from closed_months where tenant = ? and month = ?",
        [tenant, month],
    ).fetchone()
    return (time_of(row[0]), json.loads(row[1])) if row else None


def newest_closed_month(state: State, tenants: Sequence[str], before: str) -> str | None:
    """The last month before `before` that one of the tenants has closed; None where none is."""
    months = {
        str(month)
        for tenant, month in state.connection.execute("select tenant, month from closed_months")
        if tenant in tenants and month < before
    }
    return max(months, default=None)


class KeptMoney(NamedTuple):
    """A document about a tenant's money, of a business time; basis: what it was computed by."""

    at: datetime
    basis: str
    document: str


def keep_money(state: State, tenant: str, kept: KeptMoney) -> None:
    """Puts it in the place of what was kept of the tenant."""
    state.connection.execute(
        "insert or replace into tenant_money values (?, ?, ?, ?)",
        [tenant, text_of(kept.at), kept.basis, kept.document],
    )


def kept_money(state: State) -> dict[str, KeptMoney]:
    """What is kept, by tenant."""
    rows = state.connection.execute("select tenant, at, basis, document from tenant_money")
    return {tenant: KeptMoney(time_of(at), basis, text) for tenant, at, basis, text in rows}


def last_statements(state: State) -> dict[str, datetime]:
    """When the newest verdict was given, or a plan announced or withdrawn, by tenant."""
    rows = state.connection.execute(LAST_STATEMENTS)
    return {tenant: time_of(at) for tenant, at in rows}


def note_budget_alert(state: State, alert: BudgetAlert, at: datetime) -> bool:
    """Keeps an alert once for its budget, period and threshold; returns whether it is new."""
    done = state.connection.execute(
        "insert or ignore into budget_alerts values (?, ?, ?, ?, ?, ?, ?, ?, null)",
        [alert.budget, str(alert.period_start), alert.threshold, str(alert.passed_on), text_of(at),
         decimal_text(alert.amount), decimal_text(alert.used), alert.currency],
    )  # fmt: skip
    return done.rowcount == 1
