"""The board of accounts and checks, and how the number of failing checks went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pandas as pd
import streamlit as st
from msgspec import structs

from dashboards.charts.steps import steps_chart
from dashboards.parts.check_words import SIGNS, WORDS, check_name, failing_over_time, status_sign
from dashboards.parts.clock import on_the_clock, shown_zone
from dashboards.parts.figure import figure, heading, listing, moment_column
from dashboards.parts.markup import Markup, block, scrolled, table_of
from dashboards.parts.palette import palette
from dashboards.parts.table_file import file_button
from dashboards.session.links import (
    account_link,
    is_several,
    linked,
    tenant_cell,
    tenant_filter,
)
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.readiness.board import AccountReadiness, FindingChange, ReadinessFinding
from models.readiness.checks import CHECKS
from models.readiness.finding import ORDER
from models.readiness.report import ReadinessReport

MOST_ACCOUNTS = 200


def account_board(view: View, report: ReadinessReport) -> None:
    """A row per account and a column per check, accounts with the worst results first."""
    rows = sorted(report.accounts, key=lambda row: (-row.fail, -row.unknown, -row.warn))
    with st.container(border=True, key="board"):
        if not rows:
            heading("No account was checked", "Only findings about the whole tenant are known.")
            return
        worst = rows[0]
        heading(
            f"{worst.account} needs most: {plural(worst.fail, 'check')} of it"
            f" {'fails' if worst.fail == 1 else 'fail'}"
            if worst.fail
            else _no_failure(rows),
            "  ".join(f"{SIGNS[status]} {WORDS[status]}" for status in ORDER)
            + ". Click on a sign to see what to fix.",
        )
        block(scrolled("Checks by account", _board(view, rows[:MOST_ACCOUNTS], report.findings)))
        if len(rows) > MOST_ACCOUNTS:
            st.caption(f"{len(rows) - MOST_ACCOUNTS} more accounts: choose one above.")
        findings = pd.DataFrame([structs.asdict(finding) for finding in report.findings])
        file_button("findings of all checks", findings, {}, "file-findings")


def _no_failure(rows: Sequence[AccountReadiness]) -> str:
    """That no check fails; where results are unknown, only that none is known to."""
    unknown = sum(row.unknown > 0 for row in rows)
    if not unknown:
        return "No check of an account fails"
    return f"No check is known to fail; of {plural(unknown, 'account')} not every result is known"


def _board(
    view: View, rows: Sequence[AccountReadiness], findings: Sequence[ReadinessFinding]
) -> Markup:
    # Of several findings of one check and account the worst counts: they come the worst first.
    worst: dict[tuple[str, str | None, str], ReadinessFinding] = {}
    for finding in findings:
        worst.setdefault((finding.tenant, finding.account, finding.check), finding)
    checks = [name for name in CHECKS if any(key[1] and key[2] == name for key in worst)]
    tenant = ["Tenant"] if is_several(view) else []
    lines = [
        [
            account_link(view, row.tenant, row.account),
            *tenant_cell(view, row.tenant),
            *(_cell(view, worst.get((row.tenant, row.account, name))) for name in checks),
        ]
        for row in rows
    ]
    return table_of(["Account", *tenant, *map(check_name, checks)], lines, named=True)


def _cell(view: View, finding: ReadinessFinding | None) -> str:
    """The sign, of what does not pass as a link to what to fix."""
    if finding is None:
        return "–"
    sign = status_sign(finding.status, finding.evidence)
    if finding.status == "pass" or finding.account is None:
        return sign
    whose = {"account": finding.account, **tenant_filter(view, finding.tenant)}
    return linked("readiness", sign, check=check_name(finding.check), **whose)


def check_history(view: View, history: Sequence[FindingChange]) -> None:
    """How the number of failing checks went in the period, and every change behind it."""
    failing = {at: number for at, number in failing_over_time(history).items() if _is_in(view, at)}
    changes = [change for change in history if _is_in(view, change.observed_at)]
    table, counts = _changes(changes, is_several=is_several(view)), list(failing.values())
    columns = {"observed_at": moment_column("Seen")}
    if len(counts) < 2:
        with st.container(border=True, key="history"):
            heading(
                "No check changed in this period"
                if len(failing_over_time(history)) > 1
                else "History begins with the first judgement",
                "A change of a setting shows here with the run that saw it.",
            )
            with st.expander("Every judgement so far"):
                listing(table, columns, name="judgements of checks")
        return
    moved = counts[-1] - counts[0]
    way = "as many as" if moved == 0 else f"{abs(moved)} {'more' if moved > 0 else 'fewer'} than"
    when = "now" if view.until is None else "in the end"
    figure(
        f"{plural(counts[-1], 'failing check')} {when}, {way} at first",
        f"Failing checks after each change; times are {shown_zone()}.",
        steps_chart(
            pd.DataFrame({"at": on_the_clock(pd.Series(list(failing))), "value": counts}),
            "Failing checks",
            palette(),
        ),
        table,
        columns,
    )


def _is_in(view: View, at: datetime) -> bool:
    return (view.since is None or at >= view.since) and at < view.end + timedelta(seconds=1)


def _changes(history: Sequence[FindingChange], *, is_several: bool) -> pd.DataFrame:
    tenant = ["tenant"] if is_several else []
    names = ["observed_at", "status", "check", "account", *tenant, "subject", "evidence"]
    rows = [[getattr(change, name) for name in names] for change in history]
    table = pd.DataFrame(rows, columns=names)
    # A finding without an account is one of the whole tenant.
    words = {"status": "no longer judged", "account": "–", "subject": "–"}
    return table.fillna(words).sort_values("observed_at", ascending=False, kind="stable")
