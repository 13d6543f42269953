"""The board of accounts and checks, and how the number of failing checks went."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards.charts.steps import steps_chart
from dashboards.parts.amounts import plural
from dashboards.parts.check_words import SIGNS, WORDS, check_name, failing_over_time, status_sign
from dashboards.parts.figure import figure, heading, listing, moment_column
from dashboards.parts.markup import Markup, scrolled, tag
from dashboards.parts.palette import palette
from models.readiness.checks import CHECKS
from models.readiness.finding import ORDER

MOST_ACCOUNTS = 200
Row = dict[str, Any]


def account_board(report: Row) -> None:
    """A row per account and a column per check, accounts with the worst results first."""
    rows = sorted(report["accounts"], key=lambda row: (-row["fail"], -row["unknown"], -row["warn"]))
    findings = [each for each in report["findings"] if each["account"]]
    with st.container(border=True, key="board"):
        if not rows:
            heading("No account was checked", "Only findings about the whole tenant are known.")
            return
        worst = rows[0]
        heading(
            f"{worst['account']} needs most: {plural(worst['fail'], 'check')} of it"
            f" {'fails' if worst['fail'] == 1 else 'fail'}"
            if worst["fail"]
            else "No check of an account fails",
            "  ".join(f"{SIGNS[status]} {WORDS[status]}" for status in ORDER),
        )
        st.html(tag("div", scrolled("Checks by account", _table(rows, findings)), style="hve"))
        if len(rows) > MOST_ACCOUNTS:
            st.caption(f"{len(rows) - MOST_ACCOUNTS} more accounts: choose one above.")


def _table(rows: list[Row], findings: list[Row]) -> Markup:
    checks = [name for name in CHECKS if any(each["check"] == name for each in findings)]
    # Of several findings of one check and account the worst counts: they come the worst first.
    found: dict[tuple[str, str, str], Row] = {}
    for each in findings:
        found.setdefault((each["tenant"], each["account"], each["check"]), each)
    head = tag("tr", tag("th", "Account"), *(tag("th", check_name(name)) for name in checks))
    body = [
        tag(
            "tr",
            tag("th", row["account"]),
            *(_cell(found.get((row["tenant"], row["account"], name))) for name in checks),
        )
        for row in rows[:MOST_ACCOUNTS]
    ]
    return tag("table", tag("thead", head), tag("tbody", *body))


def _cell(finding: Row | None) -> Markup:
    if finding is None:
        return tag("td", "–")
    return tag("td", status_sign(finding["status"], finding["evidence"]))


def check_history(history: list[Row]) -> None:
    """How the number of failing checks went, and every change behind it."""
    counts, times = failing_over_time(history)
    table = _changes(history)
    columns = {"observed_at": moment_column("Seen (UTC)")}
    if len(counts) < 2:
        with st.container(border=True, key="history"):
            heading(
                "History begins with the first judgement",
                "A change of a setting shows here with the run that saw it.",
            )
            with st.expander("Every judgement so far"):
                listing(table, columns)
        return
    moved = counts[-1] - counts[0]
    way = "as many as" if moved == 0 else f"{abs(moved)} {'more' if moved > 0 else 'fewer'} than"
    figure(
        f"{plural(counts[-1], 'failing check')} now, {way} at first",
        "Failing checks after each change, in UTC.",
        steps_chart(_line(counts, times), "Failing checks", palette()),
        table,
        columns,
    )


def _line(counts: list[int], times: list[str]) -> pd.DataFrame:
    at = pd.to_datetime(pd.Series(times), utc=True, format="ISO8601")
    return pd.DataFrame({"at": at, "value": counts})


def _changes(history: list[Row]) -> pd.DataFrame:
    names = ["observed_at", "status", "check", "account", "subject", "evidence"]
    table = pd.DataFrame(history, columns=[*names, "tenant"])[names]
    return table.assign(
        observed_at=pd.to_datetime(table["observed_at"], utc=True, format="ISO8601"),
        status=table["status"].fillna("no longer judged"),
    ).sort_values("observed_at", ascending=False, kind="stable")
