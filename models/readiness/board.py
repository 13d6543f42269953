"""The readiness board: findings with their history, kept where they change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime

import msgspec
import pyarrow as pa

from hve_monitor.config import Tenant
from hve_monitor.document import Document
from hve_monitor.files import sql
from models.engine.sql import records
from models.readiness.checks import CHECKS, findings_of
from models.readiness.facts import ReadinessSettings
from models.readiness.finding import ORDER, Finding, Key, Severity, Status
from models.readiness.read_facts import read_facts
from warehouse.connection import Row
from warehouse.reading import Published
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import HVE_FINDINGS

SEVERITIES = ("high", "medium", "low")
COMPARED = ("status", "severity", "state", "evidence", "fix", "source", "due_on")


class ReadinessFinding(Document):
    """What a check says of an account, or of the whole tenant (account None), and what mends it.

    days_left: from now to due_on. since: when this status began.
    """

    check: str
    tenant: str
    account: str | None
    subject: str | None
    status: Status
    severity: Severity
    state: str | None
    evidence: str
    fix: str
    source: str
    due_on: date | None
    days_left: int | None
    since: datetime
    observed_at: datetime

    @property
    def whose(self) -> str:
        """The account, or what is meant below the tenant, or the tenant."""
        return self.account or self.subject or self.tenant


class FindingChange(Document):
    """A finding that became another one; status is None where it ended."""

    check: str
    tenant: str
    account: str | None
    subject: str | None
    status: Status | None
    severity: Severity | None
    state: str | None
    evidence: str | None
    observed_at: datetime


class AccountReadiness(Document):
    """The worst status of an account, and how many of its findings have which."""

    tenant: str
    account: str
    status: Status
    fail: int
    unknown: int
    warn: int
    passed: int = msgspec.field(name="pass")


def record_findings(
    store: Store, tenant: Tenant, now: datetime, settings: ReadinessSettings
) -> int:
    """Runs every check on what is stored and writes what changed; returns how many rows.

    `since` stays as long as the status does; a time in which it was unknown does not end it. A
    finding that no check makes any more gets a last row without status.
    """
    findings = findings_of(read_facts(store, tenant, now, settings))
    stored = sorted(stored_rows(store, HVE_FINDINGS, tenant.name), key=lambda row: row["batch"])
    newest = {_key(row): row for row in stored}
    certain = {_key(row): row for row in stored if row["status"] != "unknown"}
    rows = [
        _row(finding, (newest if finding.status == "unknown" else certain).get(finding.key), now)
        for finding in findings
    ]
    fresh = [row for row in rows if _differs(row, newest.get(_key(row)))]
    current = {finding.key for finding in findings}
    gone = [
        row | dict.fromkeys((*COMPARED, "since"))
        for key, row in newest.items()
        if row["status"] is not None and key not in current
    ]
    if fresh or gone:
        shared = {"tenant": tenant.name, "observed_at": now, "batch": store.state.next_batch()}
        table = pa.Table.from_pylist(
            [row | shared for row in [*fresh, *gone]], schema=HVE_FINDINGS.schema
        )
        store.small.append(HVE_FINDINGS, table)
    return len(fresh) + len(gone)


def current_findings(
    published: Published,
    *,
    account: str | None = None,
    check: str | None = None,
    status: str | None = None,
) -> list[ReadinessFinding]:
    """Findings that hold now, the worst first."""
    rows = records(
        published.connection,
        sql(__file__, "findings"),
        {"now": published.now, "tenant": published.tenant},
    )
    today = published.now.date()
    findings = [
        _finding(row, today)
        for row in rows
        if (account is None or row["account"] == account.lower())
        and (check is None or row["check_name"] == check)
        and (status is None or row["status"] == status)
    ]
    return sorted(findings, key=urgency)


def finding_history(
    published: Published, *, account: str | None = None, check: str | None = None
) -> list[FindingChange]:
    """Every change of findings, oldest first."""
    parameters = {
        "now": published.now,
        "tenant": published.tenant,
        "account": account.lower() if account else None,
        "check_name": check,
    }
    rows = records(published.connection, sql(__file__, "finding_history"), parameters)
    return [FindingChange(check=row.pop("check_name"), **row) for row in rows]


def account_summaries(findings: Iterable[ReadinessFinding]) -> list[AccountReadiness]:
    """One row per tenant and account, by name."""
    counts: dict[tuple[str, str], Counter[Status]] = {}
    for finding in findings:
        if finding.account is not None:
            key = finding.tenant, finding.account
            counts.setdefault(key, Counter()).update([finding.status])
    return [_summary(*key, counts[key]) for key in sorted(counts)]


def _summary(tenant: str, account: str, counts: Counter[Status]) -> AccountReadiness:
    return AccountReadiness(
        tenant=tenant,
        account=account,
        status=next(status for status in ORDER if counts[status]),
        fail=counts["fail"],
        unknown=counts["unknown"],
        warn=counts["warn"],
        passed=counts["pass"],
    )


def policies_read_at(published: Published) -> dict[str, datetime]:
    """When policies of each tenant were last read; a tenant that never was is absent."""
    rows = records(
        published.connection, sql(__file__, "policies_read"), {"tenant": published.tenant}
    )
    return {row["tenant"]: row["read_at"] for row in rows}


def _key(row: Row) -> Key:
    return row["check_name"], row["account"] or "", row["subject"] or ""


def _row(finding: Finding, before: Row | None, now: datetime) -> Row:
    row = asdict(finding)
    row["check_name"] = row.pop("check")
    same = before is not None and before["status"] == finding.status
    row["since"] = before["since"] if before is not None and same else now
    return row


def _differs(row: Row, before: Row | None) -> bool:
    return before is None or any(row[name] != before[name] for name in COMPARED)


def urgency(finding: ReadinessFinding) -> tuple[int, int, int, str, str, str]:
    """What findings are ordered by: the worst first."""
    checks = list(CHECKS)
    return (
        ORDER.index(finding.status),
        SEVERITIES.index(finding.severity),
        checks.index(finding.check) if finding.check in CHECKS else len(checks),
        finding.tenant,
        finding.account or "",
        finding.subject or "",
    )


def _finding(row: Row, today: date) -> ReadinessFinding:
    due = row["due_on"]
    return ReadinessFinding(
        check=row.pop("check_name"), **row, days_left=(due - today).days if due else None
    )
