"""The findings of one check: evidence of every account, and the commands that mend it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.parts.amounts import day, plural
from dashboards.parts.check_words import check_name, status_mark
from dashboards.parts.markup import literal, tag

MOST = 60


def findings_of_check(check: str, findings: list[dict[str, Any]]) -> None:
    """Draws one block; open where something fails. Findings come the worst first."""
    worst = findings[0]["status"]
    count = sum(each["status"] == worst for each in findings)
    title = f"{check_name(check)}: {plural(count, 'finding')} {worst}"
    with st.expander(literal(title), expanded=worst == "fail", key=f"check-{check}"):
        rows = [_line(each) for each in findings[:MOST]]
        head = tag("tr", *(tag("th", name) for name in ("Status", "Account", "Evidence", "Since")))
        st.html(tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), style="hve"))
        if len(findings) > MOST:
            st.caption(f"{len(findings) - MOST} more: choose an account to see them.")
        # Accounts share lines such as the making of a policy: each is needed once.
        fixes = dict.fromkeys(line for each in findings for line in each["fix"].splitlines())
        if fixes:
            st.code("\n".join(fixes), language=None, wrap_lines=True)
        for source in dict.fromkeys(each["source"] for each in findings if each["source"]):
            st.html(tag("div", tag("p", f"Source: {source}", style="quiet"), style="hve"))


def _line(finding: dict[str, Any]) -> str:
    whose = finding["account"] or finding["subject"] or f"tenant {finding['tenant']}"
    due = f", due {day(finding['due_on'])}" if finding["due_on"] else ""
    return tag(
        "tr",
        tag("td", status_mark(finding["status"])),
        tag("td", whose),
        tag("td", f"{finding['evidence']}{due}"),
        tag("td", day(finding["since"][:10])),
    )
