"""The document of `hve readiness`: findings, a row per account, and how fresh all of it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from msgspec import UNSET, UnsetType

from hve_monitor.document import Document
from hve_monitor.errors import ConfigError
from models.readiness.board import (
    AccountReadiness,
    FindingChange,
    ReadinessFinding,
    account_summaries,
    current_findings,
    finding_history,
    policies_read_at,
)
from models.readiness.checks import CHECKS
from models.readiness.finding import Status
from models.usage.coverage import published_as_of
from warehouse.reading import Published


class ReadinessReport(Document):
    """Findings of the published version, the worst first, and how fresh they are.

    failed: how many fail, None where there is no finding. policies_read_at: by tenant; absent where
    policies were never read.
    """

    findings: list[ReadinessFinding]
    accounts: list[AccountReadiness]
    failed: int | None
    checked_at: datetime
    policies_read_at: dict[str, datetime]
    history: list[FindingChange] | UnsetType = UNSET


@dataclass(frozen=True)
class FindingFilter:
    """Which findings; None does not restrict. Raises: ConfigError for unknown names."""

    tenant: str | None = None
    account: str | None = None
    check: str | None = None
    status: str | None = None
    with_history: bool = False

    def __post_init__(self) -> None:
        for flag, value, names in (
            ("--check", self.check, tuple(CHECKS)),
            ("--status", self.status, get_args(Status)),
        ):
            if value is not None and value not in names:
                raise ConfigError(f"{flag} {value}: use one of {', '.join(names)}")


def readiness_report(published: Published, wanted: FindingFilter) -> ReadinessReport:
    """The findings of the filter, and with_history every change as well."""
    of_tenant = published.of(wanted.tenant)
    account, check = wanted.account, wanted.check
    findings = current_findings(of_tenant, account=account, check=check, status=wanted.status)
    return ReadinessReport(
        findings=findings,
        accounts=account_summaries(findings),
        failed=sum(finding.status == "fail" for finding in findings) if findings else None,
        checked_at=published_as_of(published.connection),
        policies_read_at=policies_read_at(of_tenant),
        history=finding_history(of_tenant, account=account, check=check)
        if wanted.with_history
        else UNSET,
    )
