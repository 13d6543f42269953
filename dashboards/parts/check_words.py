"""Checks of the readiness board in words, signs and sums."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from dashboards.parts.markup import Markup, tag
from models.readiness.board import FindingChange, ReadinessFinding

SIGNS = {"fail": "✕", "unknown": "?", "warn": "!", "pass": "✓"}
WORDS = {"fail": "fails", "unknown": "unknown", "warn": "warns", "pass": "passes"}
TONES = {"fail": "bad", "unknown": "warn", "warn": "warn", "pass": "good"}
NAMES = {
    "security_defaults": "Security defaults",
    "conditional_access": "Conditional access",
    "workload_conditional_access": "Conditional access of applications",
    "authentication_policy": "Authentication policy",
    "account_listed": "Listed account",
    "licence_assigned": "Licence",
    "billing_policy": "Billing policy",
    "credentials": "Secrets and certificates",
    "display_name": "Display name",
    "reply_to": "Reply-to",
    "aliases": "Aliases",
    "app_access": "Application access",
    "idle_account": "Idle account",
    "oauth_migration": "OAuth migration",
    "endpoint": "Endpoint",
}
STOPPING = ("billing_policy", "credentials", "idle_account")


def check_name(check: str) -> str:
    """A check as people read it."""
    return NAMES.get(check, check.replace("_", " ").capitalize())


def status_mark(status: str) -> Markup:
    """Sign and word; the colour repeats them."""
    return tag("span", f"{SIGNS[status]} {WORDS[status]}", style=f"mark {TONES[status]}")


def status_sign(status: str, title: str) -> Markup:
    """The sign alone, its words for a pointer and a screen reader."""
    word = tag("span", WORDS[status], style="unseen")
    return tag("span", SIGNS[status], word, style=f"mark {TONES[status]}", title=title)


def about_to_stop(findings: Iterable[ReadinessFinding]) -> list[ReadinessFinding]:
    """What stops or ends: checks of billing, credentials and idleness that do not pass, the soonest
    end first.
    """
    stopping = [
        finding for finding in findings if finding.check in STOPPING and finding.status != "pass"
    ]
    return sorted(
        stopping,
        key=lambda finding: (
            finding.status != "fail",
            finding.days_left is None,
            finding.days_left or 0,
        ),
    )


def failing_over_time(history: Iterable[FindingChange]) -> dict[datetime, int]:
    """How many findings failed after each time at which something changed, oldest first."""
    failing: set[tuple[str, str, str, str]] = set()
    counts: dict[datetime, int] = {}
    for change in sorted(history, key=lambda change: change.observed_at):
        key = (change.tenant, change.check, change.account or "", change.subject or "")
        failing = failing | {key} if change.status == "fail" else failing - {key}
        counts[change.observed_at] = len(failing)
    return counts
