"""How far the accounts are on their way from passwords to OAuth."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboards.parts.amounts import count, day
from dashboards.parts.figure import heading
from dashboards.parts.markup import Markup, block, tag
from dashboards.session.links import tenant_words
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.readiness.board import ReadinessFinding

STATES = {
    "basic_seen": ("! password seen", "warn"),
    "oauth_likely": ("✓ OAuth likely", "good"),
    "unknown": ("? unknown", "warn"),
}


def migration_panel(view: View, findings: list[ReadinessFinding]) -> None:
    """Draws the panel: a bar, the end of Basic authentication, and each account's state."""
    rows = [finding for finding in findings if finding.check == "oauth_migration"]
    with st.container(border=True, height="stretch", key="migration"):
        if not rows:
            heading("OAuth migration was not judged", "Sign-ins and settings were never read.")
            return
        done = sum(finding.state == "oauth_likely" for finding in rows)
        known = sum(finding.state in ("oauth_likely", "basic_seen") for finding in rows)
        ends = next((finding for finding in rows if finding.due_on), None)
        end = f" {_end(ends.due_on, ends.days_left or 0)}" if ends and ends.due_on else ""
        heading(
            migration_words(done, known, len(rows)),
            "Never a proof: no sign-in by password was seen, and an application that may send"
            f" signs in.{end}",
        )
        st.progress(done / len(rows))
        lines = [_line(view, finding) for finding in rows]
        block(tag("ul", *lines))


def migration_words(done: int, known: int, accounts: int) -> str:
    """At how many accounts OAuth is likely, of those of which something is known."""
    if not known:
        return f"How {plural(accounts, 'account')} sign in is not known"
    rest = f"; of {count(accounts - known)} it is not known" if known < accounts else ""
    return f"OAuth is likely at {done} of {plural(accounts, 'account')}{rest}"


def _end(due: date, left: int) -> str:
    when = day(due)
    if left < 0:
        return f"Microsoft ended Basic authentication for HVE on {when}."
    return f"Microsoft ends Basic authentication for HVE on {when}, in {plural(left, 'day')}."


def _line(view: View, finding: ReadinessFinding) -> Markup:
    words, tone = STATES.get(str(finding.state), ("? unknown", "warn"))
    mark = tag("span", words, style=f"mark {tone}")
    whose = tag("strong", finding.account or ""), tenant_words(view, finding.tenant)
    return tag("li", mark, *whose, f" {finding.evidence}")
