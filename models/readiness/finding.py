"""What a check found out about an account, or about the whole tenant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Status = Literal["pass", "fail", "warn", "unknown"]
Severity = Literal["high", "medium", "low"]
ORDER: tuple[Status, ...] = ("fail", "unknown", "warn", "pass")  # the worst comes first
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Finding:
    """One row of the board.

    account: None speaks of the whole tenant. subject: what is meant below that, e.g. the id of an
    application. state: a finer word than the status, where a check has one. due_on: the day on
    which something ends. Evidence and fix hold no count of days: those would change every day.
    """

    check: str
    status: Status
    severity: Severity
    evidence: str
    account: str | None = None
    fix: str = ""
    source: str = ""
    subject: str | None = None
    state: str | None = None
    due_on: date | None = None

    @property
    def key(self) -> Key:
        """What the finding speaks of: the same key, the same question."""
        return self.check, self.account or "", self.subject or ""
