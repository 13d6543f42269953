"""What stands around every page: filters, freshness, coverage, and the states without data."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import duckdb
import pandas as pd
import streamlit as st

from dashboards.parts.amounts import age, moment
from dashboards.parts.chart_file import SAVE_CHARTS
from dashboards.parts.clock import UTC_NAME, show_in, shown_zone
from dashboards.parts.figure import listing, moment_column
from dashboards.parts.markup import Markup, block, literal, tag
from dashboards.parts.palette import STYLE
from dashboards.session import readings
from dashboards.session.access import RefusedError, require
from dashboards.session.first_steps import first_steps
from dashboards.session.links import arrive, say_absent
from dashboards.session.period import chosen_period, say_absent_days
from dashboards.session.settings import Stamp, configuration, published_stamp, store_roots
from dashboards.session.view import OWN_DATES, PERIODS, View, open_view
from hve_monitor.errors import ConfigError, StoreError
from hve_monitor.plural import plural
from models.overview.reads import TenantRead
from models.usage.coverage import CoverageReport

REFRESH_SECONDS = 20
CLOCKS = (UTC_NAME, "tenant time")
DAMAGED = "The published file cannot be read"
MISCONFIGURED = "The configuration cannot be used"
NOTHING_YET = "Three steps to the first numbers"
ALL_TENANTS, ALL_ACCOUNTS = "All tenants", "All accounts"


def opened(title: str, by: Sequence[str] = ("period",), *, needs_mail: bool = True) -> View:
    """The page's head; stops the page with a sentence where there is nothing to show.

    `by` names the page's filters besides the tenant: account, period, month. The chosen account is
    `chosen_account()`. needs_mail: whether a store without a message has nothing to show.
    """
    st.html(STYLE)
    st.html(SAVE_CHARTS, unsafe_allow_javascript=True)
    view = _view(title)
    arrive(title)
    try:
        with st.container(horizontal=True, vertical_alignment="bottom", key="head"):
            st.title(title, width="content")
            st.space("stretch")
            chosen = _filters(view, by)
    except StoreError as error:
        _unread(view, error)
    _say_absent(view, chosen, by)
    watch(chosen)
    if chosen.config.is_sharded:
        _side_by_side(title)
        return chosen
    if not (chosen.is_fleet and title == "Overview"):  # each tenant's row says it
        _status(chosen)
    if not readings.has_mail(chosen):
        _without_mail(chosen, needs_mail=needs_mail)
    return chosen


def as_read(view: View) -> str:
    """` in what was read` where not all of the period was: what is missing there is unknown."""
    complete = readings.coverage(view, view.since, view.until).complete
    return "" if complete else " in what was read"


def watch(view: View) -> None:
    """Draws an open page again when another published file is in the place of this one."""
    roots = store_roots(view.config)
    _watched(roots, _stamps(roots))


@st.fragment(run_every=REFRESH_SECONDS)
def _watched(roots: Sequence[Path], drawn: list[Stamp]) -> None:
    if _stamps(roots) != drawn:
        st.rerun()


def _stamps(roots: Sequence[Path]) -> list[Stamp]:
    return [published_stamp(root) for root in roots]


def _side_by_side(title: str) -> None:
    """Of tenants in shards the overview shows all; every other page is about one."""
    if title != "Overview":
        st.info("**This page is about one tenant.** Choose it above.", icon=":material/domain:")
        st.stop()


def _unread(view: View, error: StoreError) -> NoReturn:
    """The chosen tenant's shard has published nothing, or nothing that can be read."""
    watch(view)
    why = literal(str(error))
    st.info(f"**Nothing of this tenant can be shown.** {why}", icon=":material/inbox:")
    st.stop()


def chosen_account() -> str | None:
    """The account of the filter; None is all of them."""
    value = st.session_state.get("account")
    return None if value in (None, ALL_ACCOUNTS) else str(value)


def _view(title: str) -> View:
    try:
        view = open_view()
        require(view.user, title.lower())
        return view
    except RefusedError as error:
        _refused(title, str(error))
    except ConfigError as error:
        _stopped(title, MISCONFIGURED, str(error))
    except StoreError as error:
        if not (configuration().warehouse.path / "hve.duckdb").exists():
            _empty(title)
        _stopped(title, DAMAGED, str(error))
    except (duckdb.Error, IndexError) as error:
        _stopped(title, DAMAGED, f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")
    raise AssertionError("unreachable: the page was stopped")


def say_unreadable(error: StoreError) -> None:
    """What a panel could not read, where it would stand; the rest of the page is not drawn."""
    _say_stopped(DAMAGED, str(error))


def _stopped(title: str, what: str, detail: str) -> None:
    st.title(title)
    _say_stopped(what, detail)
    st.stop()


def _say_stopped(what: str, detail: str) -> None:
    st.error(f"**{literal(what)}**", icon=":material/database_off:")
    st.code(detail, language=None, wrap_lines=True)
    st.caption(
        "Nothing is lost: `hve build` writes the file again from the stored tables, and `hve"
        " doctor` says what is wrong."
        if what == DAMAGED
        else "Correct the file and load this page again; `hve doctor` checks the rest of it."
    )


def _empty(title: str) -> None:
    """There is no store yet: the page says how to fill one, and is drawn again when there is."""
    config = configuration()
    st.title(title)
    first_steps(config, NOTHING_YET)
    roots = store_roots(config)
    _watched(roots, [None] * len(roots))
    st.stop()


def _refused(title: str, why: str) -> None:
    st.title(title)
    st.error(f"**This page is not for your role.** {literal(why)}", icon=":material/lock:")
    st.stop()


def _without_mail(view: View, *, needs_mail: bool) -> None:
    """Nothing of this choice is stored: how to begin, or that others have mail."""
    sees_others = view.tenant is not None and view.user.tenants is None
    if sees_others and readings.has_mail(view.narrowed(tenant=None)):
        st.info(
            f"**No message of {literal(view.tenant)} was seen yet.** Choose another tenant above.",
            icon=":material/inbox:",
        )
    else:
        first_steps(view.config, NOTHING_YET)
    if needs_mail:
        st.stop()


def _filters(view: View, by: Sequence[str]) -> View:
    chosen = view.of_tenant(_tenant(view)).narrowed(days=None)
    by = () if chosen.config.is_sharded else by
    if "account" in by:
        _account(chosen)
    if "month" in by:
        chosen = chosen.narrowed(month=_month(chosen))
    if "period" in by:
        chosen = chosen_period(chosen)
    own = chosen.own_days
    show_in(_clock(chosen), f"{own.first} to {own.last}" if own else "")
    return chosen


def _say_absent(view: View, chosen: View, by: Sequence[str]) -> None:
    """What the address names and the filters do not have."""
    options: dict[str, Collection[str]] = {"tenant": [*_tenants(view), ALL_TENANTS]}
    by = () if chosen.config.is_sharded else by
    if "account" in by:
        options["account"] = [ALL_ACCOUNTS, *_accounts(chosen)]
    if "month" in by:
        options["month"] = _months(chosen)
    if "period" in by:
        options["period"] = [*PERIODS, OWN_DATES]
        say_absent_days(chosen)
    options["clock"] = CLOCKS if chosen.timezone != UTC_NAME else CLOCKS[:1]
    say_absent("The filters above say what is shown.", **options)


def _tenants(view: View) -> list[str]:
    return [tenant.name for tenant in view.config.served]


def _accounts(view: View) -> list[str]:
    return list(dict.fromkeys(sender.account for sender in readings.accounts(view)))


def _months(view: View) -> list[str]:
    """The months with rows and the running one, the newest first."""
    stored = {f"{day:%Y-%m}" for day in set(readings.usage(view)["day"])}
    return sorted(stored | {f"{view.now:%Y-%m}"}, reverse=True)


def _tenant(view: View) -> str | None:
    names = _tenants(view)
    if len(names) == 1:
        return names[0]
    options = names if view.user.tenants is not None else [ALL_TENANTS, *names]
    picked = st.selectbox("Tenant", options, key="tenant", bind="query-params", width=180)
    return None if picked == ALL_TENANTS else picked


def _account(view: View) -> None:
    options = [ALL_ACCOUNTS, *_accounts(view)]
    st.selectbox("Account", options, key="account", bind="query-params", width=260)


def _clock(view: View) -> str:
    """The zone that times are shown in; there is a choice where one zone is the tenant's own."""
    if view.timezone == UTC_NAME:
        return UTC_NAME
    label = f"Clock (tenant: {literal(view.timezone)})"
    picked = st.segmented_control(label, CLOCKS, default=UTC_NAME, key="clock", bind="query-params")
    return view.timezone if picked == CLOCKS[1] else UTC_NAME


def _month(view: View) -> str:
    """The chosen month; the running one is the default."""
    running, months = f"{view.now:%Y-%m}", _months(view)
    picked = st.selectbox(
        "Month (UTC)", months, months.index(running), key="month", bind="query-params", width=150
    )
    return picked or running


def _status(view: View) -> None:
    """Freshness and coverage: on every page, before any number."""
    report, reads = readings.coverage(view), readings.reads(view)
    block(_freshness(view, reads), coverage_mark(report))
    oldest = next(iter(reads), None)
    if oldest is not None and not oldest.fresh:
        st.warning(_staleness(view, oldest), icon=":material/schedule:")
    if report.gaps:
        with st.expander(f"{plural(len(report.gaps), 'window')} not read"):
            gap_table(report)


def _freshness(view: View, reads: list[TenantRead]) -> Markup:
    """By the last successful reading, where there are several tenants by the oldest one."""
    if view.now < view.as_of:
        return tag("span", "◷ as it was on ", moment(view.now), style="mark warn")
    if not reads:
        return tag("span", "? no tenant is configured", style="mark warn")
    oldest = reads[0]
    name = f" {oldest.tenant}" if len(reads) > 1 else ""
    if oldest.read_at is None:
        return tag("span", f"▲ never read{name}", style="mark bad")
    word, style = ("● fresh", "mark good") if oldest.fresh else ("▲ stale", "mark warn")
    return tag("span", f"{word}: as of {moment(oldest.read_at)}", style=style)


def _staleness(view: View, oldest: TenantRead) -> str:
    """What is missing since when, why, and what to do."""
    whose = f" of {literal(oldest.tenant)}" if len(view.config.served) > 1 else ""
    why = f" The last run failed: {literal(oldest.error)}." if oldest.error else ""
    if oldest.from_files:
        what = "Import newer files with `hve import`."
    else:
        what = "Start `hve run` on its schedule, or see `hve doctor`."
    if oldest.read_at is None:
        return f"**Nothing{whose} was ever read.**{why} {what}"
    old = age(max(view.now - oldest.read_at, timedelta(0)))
    return (
        f"**These numbers are {old} old.** Nothing{whose} was read since"
        f" {literal(moment(oldest.read_at))}; what was sent after it is missing here.{why} {what}"
    )


def coverage_mark(report: CoverageReport) -> Markup:
    """Complete, the number of gaps, or unknown: in words, colour only repeats them."""
    if report.complete is None:
        return tag("span", "? coverage unknown: rows come from files", style="mark warn")
    if report.complete:
        return tag("span", "● coverage complete", style="mark good")
    if not report.gaps:
        return tag("span", "▲ no account was read yet", style="mark bad")
    gaps = plural(len(report.gaps), "gap")
    return tag("span", f"▲ coverage incomplete: {gaps}", style="mark bad")


def gap_table(report: CoverageReport, name: str = "windows not read") -> None:
    """Which windows of which address were not read; `name` tells the tables of a page apart."""
    rows = [(gap.tenant, gap.account, gap.address, gap.start, gap.end) for gap in report.gaps]
    table = pd.DataFrame(rows, columns=["tenant", "account", "address", "from", "to"])
    columns = {end: moment_column(end) for end in ("from", "to")}
    listing(table, columns, name=name)


def footer(view: View) -> None:
    """What the numbers mean, and which clock they follow."""
    zone = f" Hours of the week are in {literal(view.timezone)}." if view.timezone != "UTC" else ""
    times = "Days and times are UTC."
    if shown_zone() != UTC_NAME:
        times = f"Days are UTC days, as they are billed; times are {literal(shown_zone())}."
    st.caption(
        f"As of business time {literal(moment(view.now))}. {times}{zone} Billable"
        " recipients and cost are estimated from message traces (delivered recipients, lists"
        " counted by member); they are not the invoice."
    )
