"""Usage rows of the tenants of all shards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from actions.outcome import Outcome
from actions.shards.readings import parts_of
from hve_monitor.config import Config
from hve_monitor.errors import DONE
from models.usage.coverage import joined_coverage
from models.usage.usage import UsageReport, usage_report


def usage_of(
    config: Config,
    now: datetime,
    tenant: str | None,
    by: Sequence[str],
    period: tuple[datetime | None, datetime | None],
) -> Outcome[UsageReport]:
    """`hve usage`: of the one store, or of every shard."""
    parts, code = parts_of(config, now, tenant, lambda read: usage_report(read, by, *period))
    if len(parts) == 1 and code == DONE:
        return Outcome(parts[0], DONE)
    report = UsageReport(
        rows=sorted((row for part in parts for row in part.rows), key=lambda row: row["tenant"]),
        coverage=joined_coverage([part.coverage for part in parts], is_whole=code == DONE),
    )
    return Outcome(report, code)
