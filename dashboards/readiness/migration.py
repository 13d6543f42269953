"""How far the accounts are on their way from passwords to OAuth."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.parts.amounts import day, plural
from dashboards.parts.figure import heading
from dashboards.parts.markup import Markup, tag

STATES = {
    "basic_seen": ("! password seen", "warn"),
    "oauth_likely": ("✓ OAuth likely", "good"),
    "unknown": ("? unknown", "warn"),
}


def migration_panel(findings: list[dict[str, Any]]) -> None:
    """Draws the panel: a bar, the end of Basic authentication, and each account's state."""
    rows = [each for each in findings if each["check"] == "oauth_migration"]
    with st.container(border=True, height="stretch", key="migration"):
        if not rows:
            heading("OAuth migration was not judged", "Sign-ins and settings were never read.")
            return
        done = sum(each["state"] == "oauth_likely" for each in rows)
        ends = next((each for each in rows if each["due_on"]), None)
        heading(
            f"OAuth is likely at {done} of {plural(len(rows), 'account')}",
            "Never a proof: no sign-in by password was seen, and an application that may send"
            " signs in." + (f" {_end(ends)}" if ends else ""),
        )
        st.progress(done / len(rows))
        lines = [_line(each) for each in rows]
        st.html(tag("div", tag("ul", *lines), style="hve"))


def _end(finding: dict[str, Any]) -> str:
    when = day(finding["due_on"])
    left = finding["days_left"]
    if left < 0:
        return f"Microsoft ended Basic authentication for HVE on {when}."
    return f"Microsoft ends Basic authentication for HVE on {when}, in {plural(left, 'day')}."


def _line(finding: dict[str, Any]) -> Markup:
    words, tone = STATES.get(str(finding["state"]), ("? unknown", "warn"))
    mark = tag("span", words, style=f"mark {tone}")
    return tag("li", mark, tag("strong", finding["account"] or ""), f" {finding['evidence']}")
