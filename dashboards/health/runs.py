"""Runs and quota: what state.db holds by the real clock, read anew for every view of the page."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.charts.steps import steps_chart
from dashboards.parts.amounts import count, counted, moment, percent
from dashboards.parts.clock import on_the_clock, shown_zone
from dashboards.parts.figure import figure, heading, listing, moment_column
from dashboards.parts.markup import block, literal, tag
from dashboards.parts.palette import palette
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.overview.health import FinishedSummary, QuotaUse, last_runs, quota_use

SIGNS = {"ok": "✓ ok", "partial": "! partial", "failed": "✕ failed", "unavailable": "? unavailable"}


def run_panel(view: View) -> None:
    """The last runs: how long each took, what each source did."""
    runs = last_runs(view.config, view.tenant)
    if not runs:
        with st.container(border=True, height="stretch", key="runs"):
            heading(
                "No run was made yet", "The command hve run makes one; importing files needs none."
            )
        return
    columns = {"started_at": moment_column("Started")}
    if len(runs) == 1:  # a line needs two points
        with st.container(border=True, height="stretch", key="runs"):
            heading(_finding(runs[0]), _changed(runs[0]))
            listing(_table(runs), columns, name="sources of the last run")
        return
    figure(
        _finding(runs[0]),
        f"Seconds of {plural(len(runs), 'run')} by their start ({shown_zone()}, real clock). "
        + _changed(runs[0]),
        steps_chart(_line(runs), "Seconds", palette(), height=130),
        _table(runs),
        columns,
    )


def _finding(newest: FinishedSummary) -> str:
    """How long it took, and how many sources did not succeed."""
    bad = [source for source in newest.sources if source.status != "ok"]
    ended = (
        f"{plural(len(bad), 'source')} did not succeed"
        if bad
        else f"all of its {plural(len(newest.sources), 'source')} succeeded"
    )
    return f"The last run took {newest.seconds:,.0f} s; {ended}"


def _changed(run: FinishedSummary) -> str:
    failed = run.failed_targets
    alerts = f"; {plural(failed, 'target')} of alerts could not be reached" if failed else ""
    return (
        f"The last one rebuilt {plural(run.days_rebuilt, 'day')} and opened"
        f" {plural(run.incidents_opened, 'incident')}{alerts}."
    )


def _line(runs: list[FinishedSummary]) -> pd.DataFrame:
    rows = [(run.started_at, run.seconds) for run in reversed(runs)]
    line = pd.DataFrame(rows, columns=["at", "value"])
    return line.assign(at=on_the_clock(line["at"]))


def _table(runs: list[FinishedSummary]) -> pd.DataFrame:
    rows = [
        (
            run.started_at,
            source.source,
            SIGNS.get(source.status, source.status),
            source.requests,
            source.throttled,
            source.rows_new,
            source.error or "",
        )
        for run in runs
        for source in run.sources
    ]
    names = ["started_at", "source", "status", "requests", "throttled", "new rows", "error"]
    return pd.DataFrame(rows, columns=names)


def quota_panel(view: View) -> None:
    """Requests of the running window beside what is allowed, for each tenant."""
    with st.container(border=True, height="stretch", key="quota"):
        rows = quota_use(view.config, view.tenant)
        if not rows:
            heading("No quota is in use", "Rows come from files, which need no requests.")
            return
        fullest = max(rows, key=lambda row: row.used / row.allowed)
        heading(
            f"{percent(fullest.used / fullest.allowed)} of the quota is in use",
            "Requests for message traces in the running window; the share that we may use and"
            " Microsoft's own limit.",
        )
        for row in rows:
            block(tag("p", tag("strong", row.tenant), _words(row)))
            st.progress(min(1.0, row.used / row.allowed))
            last = moment(row.last_at) if row.last_at else "none in this window"
            st.caption(literal(f"Last request: {last}"))


def _words(row: QuotaUse) -> str:
    return (
        f": {count(row.used)} of {counted(row.allowed, 'request')} in"
        f" {row.window_seconds:.0f} s (published limit: {count(row.published)})"
    )
