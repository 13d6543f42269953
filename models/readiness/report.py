"""What `hve readiness` tells: findings, a row per account, and how fresh all of it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from hve_monitor.clock import iso
from hve_monitor.errors import ConfigError
from models.readiness.board import (
    account_summaries,
    current_findings,
    finding_history,
    policies_read_at,
)
from models.readiness.checks import CHECKS
from models.readiness.finding import Status
from models.usage.coverage import published_as_of
from warehouse.reading import Published


@dataclass(frozen=True)
class Wanted:
    """Which findings to tell; None does not restrict. Raises: ConfigError for unknown names."""

    tenant: str | None = None
    account: str | None = None
    check: str | None = None
    status: str | None = None
    with_history: bool = False

    def __post_init__(self) -> None:
        for flag, value, known in (
            ("--check", self.check, tuple(CHECKS)),
            ("--status", self.status, get_args(Status)),
        ):
            if value is not None and value not in known:
                raise ConfigError(f"{flag} {value}: use one of {', '.join(known)}")


def readiness_report(published: Published, wanted: Wanted) -> dict[str, Any]:
    """Findings of the published version, the worst first; `failed` counts those that fail."""
    findings = current_findings(
        published.of(wanted.tenant),
        account=wanted.account,
        check=wanted.check,
        status=wanted.status,
    )
    document = {
        "findings": findings,
        "accounts": account_summaries(findings),
        "failed": sum(each["status"] == "fail" for each in findings),
        "checked_at": iso(published_as_of(published.connection)),
        "policies_read_at": policies_read_at(published.of(wanted.tenant)),
    }
    if wanted.with_history:
        document["history"] = finding_history(
            published.of(wanted.tenant), account=wanted.account, check=wanted.check
        )
    return document
