"""Checks of the readiness board in words, signs and sums."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dashboards.parts.markup import Markup, tag

Row = dict[str, Any]
SIGNS = {"fail": "✕", "unknown": "?", "warn": "!", "pass": "✓"}
WORDS = {"fail": "fails", "unknown": "unknown", "warn": "warns", "pass": "passes"}
TONES = {"fail": "bad", "unknown": "warn", "warn": "warn", "pass": "good"}
NAMES = {
    "security_defaults": "Security defaults",
    "conditional_access": "Conditional access",
    "workload_conditional_access": "Conditional access of applications",
    "authentication_policy": "Authentication policy",
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


def about_to_stop(findings: Iterable[Row]) -> list[Row]:
    """What stops or ends: checks of billing, credentials and idleness that do not pass, the soonest
    end first.
    """
    found = [each for each in findings if each["check"] in STOPPING and each["status"] != "pass"]
    return sorted(
        found,
        key=lambda each: (
            each["status"] != "fail",
            each["days_left"] is None,
            each["days_left"] or 0,
        ),
    )


def failing_over_time(history: Iterable[Row]) -> tuple[list[int], list[str]]:
    """How many findings failed after each time at which something changed, and those times."""
    failing: set[tuple[str, ...]] = set()
    counts: dict[str, int] = {}
    for row in sorted(history, key=lambda each: str(each["observed_at"])):
        key = (row["tenant"], row["check"], row["account"] or "", row["subject"] or "")
        failing = failing | {key} if row["status"] == "fail" else failing - {key}
        counts[row["observed_at"]] = len(failing)
    return list(counts.values()), list(counts)
