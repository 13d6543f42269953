"""What the pages read, once per published version. Every function is one of the models'."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ParamSpec, TypeVar

import pandas as pd
import streamlit as st

from dashboards.charts.volume import by_status
from dashboards.parts.amounts import is_unknown
from dashboards.session.access import guarded
from dashboards.session.view import View
from hve_monitor.clock import midnight, parse_time
from models.cost.daily import cost_by_day
from models.cost.documents import ChangeCost, CostReport
from models.cost.spend import past, planned_change, spend
from models.cost.whatif import PlannedChange
from models.delivery import outcomes as deliveries
from models.delivery.search import TraceFilter, find_traces, search_traces
from models.delivery.timeline import message_timelines
from models.forecast.backtest import Backtest
from models.incidents.cards import IncidentCard, WholeCard, incident_card, incident_cards
from models.incidents.overspill import PlannedSend
from models.overview import changes, health
from models.overview.tenants import tenant_summaries
from models.readiness.report import Wanted, readiness_report
from models.usage import accounts as senders
from models.usage.accounts import Sender
from models.usage.coverage import CoverageReport, coverage_report
from models.usage.usage import COUNTS, daily_usage, usage_rows, window_usage
from warehouse.reading import published_connection, read_published

MOST_RECIPIENTS = 50
ONE_DAY = timedelta(days=1)
P = ParamSpec("P")
R = TypeVar("R")


def kept(function: Callable[P, R]) -> Callable[P, R]:
    """The function, its results kept per version, business time, tenant, role and arguments."""
    return _kept(function, telling=False)


def slowly_kept(function: Callable[P, R]) -> Callable[P, R]:
    """The same for what may take seconds: the page says that it is being computed."""
    return _kept(function, telling="Computing from the newest published version …")


def _kept(function: Callable[P, R], telling: bool | str) -> Callable[P, R]:
    cache: Callable[[Callable[P, R]], Callable[P, R]] = st.cache_data(
        show_spinner=telling, max_entries=64, hash_funcs={View: View.identity}
    )
    return cache(guarded(function))


@kept
def usage(view: View, since: datetime | None = None, until: datetime | None = None) -> pd.DataFrame:
    """models.usage.usage.daily_usage of the view's tenant."""
    with read_published(view.config.warehouse.path, view.now, view.tenant) as published:
        return daily_usage(published, since, until)


@kept
def window(view: View, since: datetime, until: datetime) -> pd.DataFrame:
    """models.usage.usage.window_usage of the view's tenant: whole UTC hours."""
    with read_published(view.config.warehouse.path, view.now, view.tenant) as published:
        return window_usage(published, since, until)


@kept
def daily(view: View, since: date) -> dict[str, dict[str, Any]]:
    """Counts over all accounts of each UTC day from `since` on that has rows, by its text."""
    frame = usage(view)
    recent = frame[frame["day"] >= since]
    if recent.empty:
        return {}
    return {str(row["day_utc"]): row for row in usage_rows(recent.assign(tenant="all"), ["day"])}


@kept
def volume(view: View, since: datetime | None) -> pd.DataFrame:
    """dashboards.charts.volume.by_status of the period."""
    return by_status(usage(view, since))


@kept
def sums(view: View, by: str, since: datetime | None, account: str | None) -> list[dict[str, Any]]:
    """models.usage.usage.usage_rows of the period by account, or by day over all tenants."""
    frame = usage(view, since)
    if account is not None:
        frame = frame[frame["account"] == account]
    if by == "day":
        frame = frame.assign(tenant="all")
    return usage_rows(frame, [by]) if len(frame) else []


@kept
def account_counts(view: View, sender: Sender, since: datetime | None) -> dict[str, Any]:
    """Every count of one account from `since` on, in whole days; {} where it sent nothing."""
    mine = _of_account(usage(view, since), sender)
    return usage_rows(mine, ["account"])[0] if len(mine) else {}


@kept
def account_volume(view: View, sender: Sender, since: datetime | None) -> pd.DataFrame:
    """dashboards.charts.volume.by_status of one account."""
    return by_status(_of_account(usage(view, since), sender))


def _of_account(usage: pd.DataFrame, sender: Sender) -> pd.DataFrame:
    mine = (usage["account"] == sender.account) & (usage["tenant"] == sender.tenant)
    return usage[mine]


@kept
def counts(view: View, since: datetime | None, until: datetime | None = None) -> dict[str, Any]:
    """Every count over all accounts, of [since, until) in whole hours, or of whole days from
    `since` on; a count that nothing knows is None.
    """
    frame = usage(view, since) if since is None or until is None else window(view, since, until)
    if frame.empty:
        return {}
    sums = frame[[name for name in COUNTS if name in frame]].sum(min_count=1)
    return {str(name): None if is_unknown(value) else int(value) for name, value in sums.items()}


@slowly_kept
def cost(view: View, month: str | None = None) -> CostReport:
    """models.cost.spend.spend.

    Raises: ConfigError when the tenants bill in different currencies.
    """
    return spend(view.config, view.now, view.tenant, month)


@slowly_kept
def tenants(view: View) -> list[dict[str, Any]]:
    """models.overview.tenants.tenant_summaries, as `hve tenants` prints them."""
    found: list[dict[str, Any]] = tenant_summaries(view.config, view.now)["tenants"]
    return found


@slowly_kept
def backtest(view: View) -> Backtest:
    """models.cost.spend.past of the view's tenant."""
    return past(view.config, view.now, view.tenant)


@kept
def daily_costs(view: View, currency: str) -> dict[date, Decimal]:
    """models.cost.daily.cost_by_day of the view's tenant."""
    with read_published(view.config.warehouse.path, view.now, view.tenant) as published:
        return cost_by_day(published, currency)


@kept
def incidents(view: View) -> list[IncidentCard]:
    """models.incidents.cards.incident_cards of the view's tenant, newest first."""
    with read_published(view.config.warehouse.path, view.now, view.tenant) as published:
        return incident_cards(published)


@kept
def card(view: View, incident: str) -> WholeCard:
    """The whole card, as `hve incidents ID --recipients` prints it. Raises: ConfigError."""
    with read_published(view.config.warehouse.path, view.now, view.tenant) as published:
        return incident_card(published, incident, with_recipients=True)


@guarded
def plans(view: View) -> list[PlannedSend]:
    """`hve plan list` of the view's tenant; never kept: what was just announced must be there."""
    from actions.feedback import planned  # joins every room: loaded where it is needed

    return planned(view.config, view.tenant, view.now)


@kept
def contacts(view: View, sender: Sender, since: datetime) -> pd.DataFrame:
    """models.usage.accounts.account_contacts."""
    with published_connection(view.config.warehouse.path) as connection:
        return senders.account_contacts(connection, sender, since, view.now)


@kept
def coverage(
    view: View, since: datetime | None = None, until: datetime | None = None
) -> CoverageReport:
    """models.usage.coverage.coverage_report."""
    with read_published(view.config.warehouse.path, view.now, view.tenant) as published:
        return coverage_report(published, since, until)


@slowly_kept
def traces(view: View, wanted: TraceFilter, limit: int) -> dict[str, Any]:
    """models.delivery.search.find_traces."""
    return find_traces(view.config, wanted, view.now, limit, view.user.name)


@kept
def accounts(view: View) -> list[Sender]:
    """Every account of the view's tenant."""
    with published_connection(view.config.warehouse.path) as connection:
        return senders.accounts(connection, view.tenant)


@kept
def changed(view: View, since: datetime) -> list[changes.Change]:
    """models.overview.changes.changes_since."""
    with read_published(view.config.warehouse.path, view.now, view.tenant) as published:
        return changes.changes_since(published, since)


@kept
def hours(view: View, sender: Sender, since: datetime, until: datetime) -> pd.DataFrame:
    """models.usage.accounts.account_hours with the gaps of the account's coverage."""
    with read_published(view.config.warehouse.path, view.now) as published:
        report = coverage_report(published.of(sender.tenant), since, until)
        unread = [(gap.start, gap.end) for gap in report.gaps if gap.account == sender.account]
        return senders.account_hours(published, sender, since, until, unread)


@kept
def sources(view: View, sender: Sender, since: datetime) -> pd.DataFrame:
    """models.usage.accounts.account_sources."""
    with published_connection(view.config.warehouse.path) as connection:
        return senders.account_sources(connection, sender, since, view.now)


@kept
def learning(view: View) -> dict[Sender, int]:
    """models.usage.accounts.learning_states."""
    with read_published(view.config.warehouse.path, view.now, view.tenant) as published:
        return senders.learning_states(published)


@kept
def whatif(view: View, change: PlannedChange) -> ChangeCost:
    """models.cost.spend.planned_change, as `hve whatif` prints it. Raises: ConfigError."""
    return planned_change(view.config, view.now, view.tenant, change)


@kept
def readiness(view: View, account: str | None = None) -> dict[str, Any]:
    """models.readiness.report.readiness_report with the history of every finding."""
    wanted = Wanted(view.tenant, account, with_history=True)
    with read_published(view.config.warehouse.path, view.now) as published:
        return readiness_report(published, wanted)


@kept
def trust(view: View) -> dict[str, Any]:
    """models.overview.health.health_report of the view's tenant."""
    with read_published(view.config.warehouse.path, view.now, view.tenant) as published:
        return health.health_report(published)


@kept
def coverage_days(view: View, first: date) -> pd.DataFrame:
    """models.overview.health.coverage_days of the view's tenant."""
    with read_published(view.config.warehouse.path, view.now, view.tenant) as published:
        return health.coverage_days(published, first)


@kept
def messages(
    view: View, trace_id: str, recipient: str | None = None, at: str | None = None
) -> list[dict[str, Any]]:
    """models.delivery.timeline.message_timelines of one message and recipient.

    `at`: when it was received, where that is known, so that one day is searched and not all.
    Id and recipient are as the store holds them: they come from a row that was shown.
    """
    first = midnight(parse_time(at)) if at else None
    wanted = TraceFilter(
        tenant=view.tenant,
        id=trace_id,
        recipient=recipient,
        since=first,
        until=first + ONE_DAY if first else None,
    )
    fetchable = {each.name for each in view.config.served if each.accounts != "files"}
    with read_published(view.config.warehouse.path, view.now) as published:
        rows = search_traces(published, wanted, MOST_RECIPIENTS)["rows"]
        return message_timelines(published, rows, fetchable)


@kept
def latest_undelivered(view: View, since: datetime, account: str | None) -> list[dict[str, Any]]:
    """models.delivery.outcomes.latest_undelivered of the view's tenant."""
    with read_published(view.config.warehouse.path, view.now, view.tenant) as published:
        return deliveries.latest_undelivered(published, since, view.now, account)


@kept
def failures(view: View, since: datetime, account: str | None) -> list[dict[str, Any]]:
    """models.delivery.outcomes.explained_failures of the view's tenant."""
    with read_published(view.config.warehouse.path, view.now, view.tenant) as published:
        return deliveries.explained_failures(published, since, view.now, account)


@slowly_kept
def figures(view: View, since: datetime, account: str | None) -> list[dict[str, Any]]:
    """models.delivery.outcomes.delivery_figures, as in `hve trace --summary`: reads every row."""
    with read_published(view.config.warehouse.path, view.now, view.tenant) as published:
        return deliveries.delivery_figures(published, since, view.now, account)


@kept
def undelivered(view: View, since: datetime, account: str | None) -> pd.DataFrame:
    """models.delivery.outcomes.undelivered of the view's tenant."""
    with read_published(view.config.warehouse.path, view.now, view.tenant) as published:
        return deliveries.undelivered(published, since, view.now, account)


def first_day(view: View) -> date:
    """First UTC day with rows; the day of business time where nothing is stored."""
    days = usage(view)["day"]
    return min(days) if len(days) else view.now.date()


def start(view: View) -> datetime:
    """First instant of the period, of the stored rows where the period is open."""
    if view.since is not None:
        return view.since
    return parse_time(first_day(view).isoformat())
