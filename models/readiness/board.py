"""The readiness board: findings with their history, kept where they change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from hve_monitor.clock import iso
from hve_monitor.config import Tenant
from hve_monitor.files import sql
from models.engine.sql import records
from models.readiness.checks import CHECKS, findings_of
from models.readiness.facts import Settings
from models.readiness.finding import ORDER, Finding, Key
from models.readiness.read_facts import read_facts
from warehouse.reading import Published
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import HVE_FINDINGS

Row = dict[str, Any]
SEVERITIES = ("high", "medium", "low")
COMPARED = ("status", "severity", "state", "evidence", "fix", "source", "due_on")


def record_findings(store: Store, tenant: Tenant, now: datetime, settings: Settings) -> int:
    """Runs every check on what is stored and writes what changed; returns how many rows.

    `since` stays as long as the status does; a time in which it was unknown does not end it. A
    finding that no check makes any more gets a last row without status.
    """
    found = findings_of(read_facts(store, tenant, now, settings))
    stored = sorted(stored_rows(store, HVE_FINDINGS, tenant.name), key=lambda row: row["batch"])
    known = {_key(row): row for row in stored}
    certain = {_key(row): row for row in stored if row["status"] != "unknown"}
    rows = [
        _row(each, (known if each.status == "unknown" else certain).get(each.key), now)
        for each in found
    ]
    fresh = [row for row in rows if _differs(row, known.get(_key(row)))]
    current = {each.key for each in found}
    gone = [
        row | dict.fromkeys((*COMPARED, "since"))
        for key, row in known.items()
        if row["status"] is not None and key not in current
    ]
    if fresh or gone:
        shared = {"tenant": tenant.name, "observed_at": now, "batch": store.state.next_batch()}
        table = pa.Table.from_pylist(
            [row | shared for row in [*fresh, *gone]], schema=HVE_FINDINGS.schema
        )
        store.delta.append(HVE_FINDINGS, table)
    return len(fresh) + len(gone)


def current_findings(
    published: Published,
    *,
    account: str | None = None,
    check: str | None = None,
    status: str | None = None,
) -> list[Row]:
    """The contract's findings, the worst first; `days_left` counts from now to `due_on`."""
    rows = records(
        published.connection,
        sql(__file__, "findings"),
        {"now": published.now, "tenant": published.tenant},
    )
    wanted = [
        row
        for row in rows
        if (account is None or row["account"] == account.lower())
        and (check is None or row["check_name"] == check)
        and (status is None or row["status"] == status)
    ]
    return [_shown(row, published.now.date()) for row in sorted(wanted, key=_rank)]


def finding_history(
    published: Published, *, account: str | None = None, check: str | None = None
) -> list[Row]:
    """Every change of findings, oldest first; status is null where a finding ended."""
    parameters = {
        "now": published.now,
        "tenant": published.tenant,
        "account": account.lower() if account else None,
        "check_name": check,
    }
    rows = records(published.connection, sql(__file__, "finding_history"), parameters)
    return [
        {"check": row.pop("check_name"), **row, "observed_at": iso(row["observed_at"])}
        for row in rows
    ]


def account_summaries(findings: Iterable[Row]) -> list[Row]:
    """One row per tenant and account: its worst status and how many findings have which."""
    counts: dict[tuple[str, str], Row] = {}
    for finding in findings:
        if finding["account"] is None:
            continue
        key = finding["tenant"], finding["account"]
        row = counts.setdefault(
            key,
            {"tenant": key[0], "account": key[1], "status": "pass", **dict.fromkeys(ORDER, 0)},
        )
        row[finding["status"]] += 1
    for row in counts.values():
        row["status"] = next(status for status in ORDER if row[status])
    return [counts[key] for key in sorted(counts)]


def policies_read_at(published: Published) -> dict[str, str]:
    """When policies of each tenant were last read; a tenant that never was is absent."""
    rows = records(
        published.connection, sql(__file__, "policies_read"), {"tenant": published.tenant}
    )
    return {row["tenant"]: iso(row["read_at"]) for row in rows}


def _key(row: Row) -> Key:
    return row["check_name"], row["account"] or "", row["subject"] or ""


def _row(finding: Finding, known: Row | None, now: datetime) -> Row:
    row = asdict(finding)
    row["check_name"] = row.pop("check")
    same = known is not None and known["status"] == finding.status
    row["since"] = known["since"] if known is not None and same else now
    return row


def _differs(row: Row, known: Row | None) -> bool:
    return known is None or any(row[name] != known[name] for name in COMPARED)


def _rank(row: Row) -> tuple[Any, ...]:
    return (
        ORDER.index(row["status"]),
        SEVERITIES.index(row["severity"]),
        list(CHECKS).index(row["check_name"]) if row["check_name"] in CHECKS else len(CHECKS),
        row["tenant"],
        row["account"] or "",
        row["subject"] or "",
    )


def _shown(row: Row, today: date) -> Row:
    due = row["due_on"]
    return {
        "check": row["check_name"],
        "tenant": row["tenant"],
        "account": row["account"],
        "subject": row["subject"],
        "status": row["status"],
        "severity": row["severity"],
        "state": row["state"],
        "evidence": row["evidence"],
        "fix": row["fix"],
        "source": row["source"],
        "due_on": str(due) if due else None,
        "days_left": (due - today).days if due else None,
        "since": iso(row["since"]),
        "observed_at": iso(row["observed_at"]),
    }
