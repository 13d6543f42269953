"""The findings of one check: evidence of every account, and the commands that mend it."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from dashboards.parts.amounts import day
from dashboards.parts.check_words import check_name, status_mark
from dashboards.parts.markup import block, literal, table_of, tag
from dashboards.session.links import is_several
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.readiness.board import ReadinessFinding

MOST = 60


def findings_of_check(view: View, check: str, findings: list[ReadinessFinding]) -> None:
    """Draws one block; open where something fails. Findings come the worst first."""
    worst = findings[0].status
    count = sum(finding.status == worst for finding in findings)
    title = f"{check_name(check)}: {plural(count, 'finding')} {worst}"
    with st.expander(literal(title), expanded=worst == "fail", key=f"check-{check}"):
        tenant = ["Tenant"] if is_several(view) else []
        lines = [_line(finding, is_several=bool(tenant)) for finding in findings[:MOST]]
        table = table_of(["Status", "Account", *tenant, "Evidence", "Since"], lines)
        block(tag("div", table, style="stacked"))
        if len(findings) > MOST:
            st.caption(f"{len(findings) - MOST} more: choose an account to see them.")
        fixes = lines_once(line for finding in findings for line in finding.fix.splitlines())
        if fixes:
            st.code("\n".join(fixes), language=None, wrap_lines=True)
        for source in dict.fromkeys(finding.source for finding in findings if finding.source):
            block(tag("p", f"Source: {source}", style="quiet"))


def lines_once(lines: Iterable[str]) -> list[str]:
    """Each line once, as accounts share the making of a policy, and each comment once."""
    comments: set[str] = set()
    shown: dict[str, str] = {}
    for line in lines:
        command, _, comment = line.partition("  # ")
        shown.setdefault(command, command if comment in comments else line)
        comments.add(comment)
    return list(shown.values())


def _line(finding: ReadinessFinding, *, is_several: bool) -> list[str]:
    whose = finding.account or finding.subject or f"tenant {finding.tenant}"
    due = f", due {day(finding.due_on)}" if finding.due_on else ""
    tenant = [finding.tenant] if is_several else []
    evidence = f"{finding.evidence}{due}"
    return [status_mark(finding.status), whose, *tenant, evidence, day(finding.since)]
