"""Findings of all shards."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET

from actions.outcome import Outcome
from actions.shards.readings import parts_of
from hve_monitor.config import Config
from hve_monitor.errors import INCOMPLETE
from models.readiness.board import account_summaries, urgency
from models.readiness.report import FindingFilter, ReadinessReport, readiness_report


def readiness_of(config: Config, now: datetime, wanted: FindingFilter) -> Outcome[ReadinessReport]:
    """`hve readiness`: of the one store, or of every shard; exit 3 where a check fails."""
    parts, code = parts_of(config, now, None, lambda read: readiness_report(read, wanted))
    findings = sorted((finding for part in parts for finding in part.findings), key=urgency)
    failed = sum(finding.status == "fail" for finding in findings)
    history = [change for part in parts for change in part.history or ()]
    report = ReadinessReport(
        findings=findings,
        accounts=account_summaries(findings),
        failed=failed if findings else None,
        checked_at=min(part.checked_at for part in parts),
        policies_read_at={name: at for part in parts for name, at in part.policies_read_at.items()},
        history=sorted(history, key=lambda change: change.tenant) if wanted.with_history else UNSET,
    )
    return Outcome(report, INCOMPLETE if failed else code)
