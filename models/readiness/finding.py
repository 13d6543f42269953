"""What a check found out about an account, or about the whole tenant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from hve_monitor.text import printable

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


def powershell(text: str) -> str:
    """The text as a PowerShell literal: nothing in it is run or expanded.

    PowerShell takes four typographic signs for a single quote, and a line break ends no literal.
    """
    shown = printable(text)
    for quote in "'\u2018\u2019\u201a\u201b":
        shown = shown.replace(quote, quote * 2)
    return f"'{shown}'"
