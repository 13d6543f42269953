"""May the numbers be trusted: what was read, what ran, what was refused, how old the models are."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from dashboards.charts.coverage import coverage_chart, state_of
from dashboards.health.runs import quota_panel, run_panel
from dashboards.parts.amounts import UNKNOWN, age, count, day, moment
from dashboards.parts.figure import figure, heading, listing, moment_column
from dashboards.parts.markup import block, facts, tag
from dashboards.parts.palette import palette
from dashboards.parts.tile import Tile, tile_row
from dashboards.session import readings
from dashboards.session.days import clickable, open_messages, picked_of
from dashboards.session.frame import footer, opened
from dashboards.session.links import tenant_filter
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.overview.health import HealthReport, SourceRead

MOST_ACCOUNTS = 25
KINDS = {True: "complete", False: "incomplete", None: "unknown"}


def show(view: View) -> None:
    """The page."""
    report = readings.trust(view)
    _headline(view, report)
    _tiles(view, report)
    _coverage(view)
    left, right = st.columns([5, 3])
    with left:
        run_panel(view)
    with right:
        quota_panel(view)
    left, right = st.columns([1, 1])
    with left:
        _models(report)
    with right:
        _unavailable(report)
    _rejected(report)
    footer(view)


def _headline(view: View, report: HealthReport) -> None:
    coverage = report.coverage
    complete, gaps = coverage.complete, len(coverage.gaps)
    mark, sentence = {
        True: (tag("span", "● complete", style="mark good"), "Every window was read"),
        None: (
            tag("span", "? unknown", style="mark warn"),
            "Rows come from files, and what was not exported is unknown",
        ),
        False: (
            tag("span", "▲ incomplete", style="mark bad"),
            f"{plural(gaps, 'window')} {'is' if gaps == 1 else 'are'} missing"
            if gaps
            else "No account was read yet",
        ),
    }[complete]
    oldest = next(iter(readings.reads(view)), None)
    if oldest is not None and oldest.read_at is not None:
        last = "last hour with rows" if oldest.from_files else "last successful reading"
        at = moment(oldest.read_at)
        sentence += f" up to {at}" if complete else f"; the {last} was {at}"
    if report.waiting_days:
        sentence += f"; {plural(report.waiting_days, 'day')} wait for the models"
    with st.container(border=True, key="headline"):
        block(tag("p", mark, f"{sentence}.", style="headline"))


def _tiles(view: View, report: HealthReport) -> None:
    lines = sum(row.lines for row in report.rejected)
    refused = sum(row.objects for row in report.settings)
    coverage, learning = report.coverage, report.learning
    tile_row(
        _age_tile(view),
        Tile("Coverage", KINDS[coverage.complete], plural(len(coverage.gaps), "gap")),
        Tile("Lines rejected", count(lines), plural(len(report.rejected), "reason")),
        Tile("Settings not read", count(refused) if report.has_settings else UNKNOWN,
             _why_not_read(report)),
        Tile("Accounts still learning", count(learning),
             f"of {plural(report.accounts, 'account')}"),
        Tile("Days waiting for models", count(report.waiting_days), "0 after every build"),
    )  # fmt: skip


def _age_tile(view: View) -> Tile:
    """Since the last successful reading, of several tenants the oldest."""
    oldest = next(iter(readings.reads(view)), None)
    if oldest is None or oldest.read_at is None:
        return Tile("Age of the data", "never read", oldest.tenant if oldest else "no tenant")
    old = age(max(view.now - oldest.read_at, timedelta(0)))
    return Tile(
        "Age of the data", old.replace("less than a minute", "< 1 min"), moment(oldest.read_at)
    )


def _why_not_read(report: HealthReport) -> str:
    if not report.has_settings:
        return "no setting was ever read"
    if not report.settings:
        return "at their last reading"
    if all(row.is_refusal for row in report.settings):
        return "a permission or licence is missing"
    return "the reasons stand below"


def _coverage(view: View) -> None:
    days = readings.coverage_days(view, readings.start(view).date())
    days = days[days["day"] <= view.last_day]
    if days.empty:
        with st.container(border=True, key="coverage"):
            heading(
                "What was read is not known day by day",
                "No account is listed: rows came from files alone.",
            )
        return
    short = days[days["share"] < 1]
    shown = days.assign(
        state=[state_of(share) for share in days["share"]],
        share=100 * days["share"],
    )
    leads = view.user.may_open("delivery")
    event = figure(
        f"{plural(short['account'].nunique(), 'account')} with unread hours on"
        f" {plural(short['day'].nunique(), 'day')}"
        if len(short)
        else f"Every account was read on each of {plural(days['day'].nunique(), 'day')}",
        "Share of each UTC day that was read, by account; ◐ in part, ✕ not at all. Days before an"
        f" account was to be read are left out.{_left_out(days)}"
        f"{' Click on a day to see its messages.' if leads else ''}",
        coverage_chart(least_read(days), palette(), leads=leads),
        shown.sort_values(["day", "account"], ascending=[False, True]),
        {
            "day": st.column_config.DateColumn("day (UTC)", format="YYYY-MM-DD"),
            "share": st.column_config.NumberColumn("read", format="%.1f %%"),
        },
        **clickable("coverage-days", leads=leads),
    )
    picked = picked_of(event) if leads else {}
    if "address" in picked:
        read = date.fromisoformat(picked["day"])
        whose = tenant_filter(view, picked["tenant"])
        open_messages(read, read, account=picked["address"], **whose)


def least_read(days: pd.DataFrame) -> pd.DataFrame:
    """The days of as many accounts as a chart can show, the least read ones."""
    shares = days.groupby(["tenant", "account"])["share"].mean().sort_values(kind="stable")
    kept = set(shares.index[:MOST_ACCOUNTS])
    return days[[key in kept for key in zip(days["tenant"], days["account"], strict=True)]]


def _left_out(days: pd.DataFrame) -> str:
    number = len(days[["tenant", "account"]].drop_duplicates())
    if number <= MOST_ACCOUNTS:
        return ""
    return f" The {MOST_ACCOUNTS} least read of {number} accounts; the table has all."


def _models(report: HealthReport) -> None:
    with st.container(border=True, height="stretch", key="models"):
        heading(
            f"Models were published {moment(report.published_at)}",
            f"For business time {moment(report.as_of)}, from what was read by then.",
        )
        block(
            facts(
                {_read(row): moment(row.read_until) for row in report.sources}
                | {
                    f"Newest day of {row.mart}": day(row.newest) if row.newest else "empty"
                    for row in report.marts
                }
                | {
                    "Baselines still learning": f"{count(report.learning)} of"
                    f" {plural(report.accounts, 'account')}"
                }
            )
        )


def _read(row: SourceRead) -> str:
    return f"{row.source.replace('_', ' ').capitalize()} of {row.tenant}, read until"


def _unavailable(report: HealthReport) -> None:
    """What no permission, licence or history lets us know; never shown as all right."""
    rows = [
        *(
            ("signal", row.signal, row.reason, plural(row.incidents, "incident"))
            for row in report.signals
        ),
        *(
            ("setting", row.kind, row.reason, plural(row.objects, "object"))
            for row in report.settings
        ),
    ]
    with st.container(border=True, height="stretch", key="unavailable"):
        heading(
            f"{plural(len(rows), 'reason')} why something is unavailable"
            if rows
            else "Nothing is unavailable",
            "Settings as they were read last, and signals of incidents of the last 30 days. What is"
            " unavailable is never taken for all right.",
        )
        if rows:
            table = pd.DataFrame(rows, columns=["what", "name", "reason", "concerns"])[
                ["what", "name", "concerns", "reason"]
            ]
            named = table.assign(name=table["name"].str.replace("_", " "))
            listing(named, name="what is unavailable")


def _rejected(report: HealthReport) -> None:
    with st.container(border=True, key="rejected"):
        rows = report.rejected
        if not rows:
            heading("No line was rejected", "Every line of every source and file could be read.")
            return
        lines = sum(row.lines for row in rows)
        heading(
            f"{plural(lines, 'line')} could not be read",
            "By file and reason, newest first; the raw lines stay in raw.rejected_rows.",
        )
        names = ["file", "reason", "lines", "first_line", "last_at", "tenant"]
        table = pd.DataFrame([{name: getattr(row, name) for name in names} for row in rows])
        columns = {"last_at": moment_column("Last")}
        listing(table.head(500), columns, name="rejected lines")


if __name__ == "__main__":
    show(opened("Health", needs_mail=False))
