"""Closed months: what they were when they were closed, and what changed since."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from hve_monitor.clock import iso
from hve_monitor.document import plain
from hve_monitor.errors import ConfigError
from models.periods import end_of_month
from warehouse.records.money import closed_month, freeze_month
from warehouse.state import State

KEPT = ("month", "currency", "month_to_date", "by_cost_center", "invoice", "reconciliation_months")


def close_month(
    state: State, tenant: str, report: dict[str, Any], first_day: Any, now: datetime
) -> dict[str, Any]:
    """Freezes the month of a tenant's cost report; returns what was frozen.

    Raises: ConfigError when the month is not over, nothing is known of it, or it is closed.
    """
    month = report["month"]
    if end_of_month(first_day) >= now.date():
        raise ConfigError(f"--close {month}: the month is not over at {iso(now)}")
    if report["month_to_date"]["billable_recipients"] is None and report["invoice"] is None:
        raise ConfigError(f"--close {month}: nothing is known of it for tenant '{tenant}'")
    document = {name: report[name] for name in KEPT} | {
        "by_account": [
            {name: line[name] for name in ("account", "billable_recipients", "month_to_date")}
            for line in report["by_account"]
        ],
        "open_days": [
            row["day_utc"]
            for row in report["reconciliation"]
            if row["status"] in ("late", "unexplained")
        ],
    }
    if not freeze_month(state, tenant, month, now, document):
        held = closed_month(state, tenant, month)
        at = f" since {iso(held[0])}" if held else ""
        raise ConfigError(
            f"--close {month}: tenant '{tenant}' has it closed{at};"
            " changes are shown as restatements"
        )
    return document


def closed_view(state: State, tenants: list[str], report: dict[str, Any]) -> dict[str, Any]:
    """`closed` with each tenant's time, and `restatements`: what differs now."""
    found = {name: closed_month(state, name, report["month"]) for name in tenants}
    held = {name: each for name, each in found.items() if each is not None}
    if not held:
        return {"closed": None, "restatements": []}
    closed = [
        {"tenant": name, "closed_at": iso(at), "open_days": document["open_days"]}
        for name, (at, document) in held.items()
    ]
    # Frozen months are compared one tenant at a time: sums over several would hide a change.
    changes = _restatements(next(iter(held.values()))[1], report) if len(tenants) == 1 else []
    return {"closed": closed, "restatements": changes}


def _restatements(frozen: dict[str, Any], report: dict[str, Any]) -> list[dict[str, Any]]:
    before = {line["account"]: line["month_to_date"] for line in frozen["by_account"]}
    after = {line["account"]: line["month_to_date"] for line in report["by_account"]}
    lines = [
        _change("account", account, before.get(account), after.get(account))
        for account in sorted(before.keys() | after.keys())
    ]
    totals = frozen["month_to_date"]["cost"], report["month_to_date"]["cost"]
    invoices = _invoiced(frozen), _invoiced(report)
    lines += [_change("estimate", None, *totals), _change("invoice", None, *invoices)]
    return [line for line in lines if line["closed"] != line["now"]]


def _invoiced(document: dict[str, Any]) -> str | None:
    return document["invoice"]["invoiced"] if document["invoice"] else None


def _change(what: str, account: str | None, closed: str | None, now: str | None) -> dict[str, Any]:
    # An account that sent nothing is in one of the two alone.
    was, then = (Decimal(text) if text is not None else Decimal(0) for text in (closed, now))
    same = was == then
    return {
        "what": what,
        "account": account,
        "closed": closed,
        "now": closed if same else now,
        "difference": plain(then - was),
    }
