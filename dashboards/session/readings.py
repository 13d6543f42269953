"""What the pages read, once per published version. Every function is one of the models'."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import ParamSpec, TypeVar

import pandas as pd
import streamlit as st

from dashboards.charts.days import DaySpan, stretches
from dashboards.charts.volume import by_status
from dashboards.parts.amounts import is_unknown
from dashboards.session.access import guarded
from dashboards.session.settings import Stamp, state_stamp
from dashboards.session.view import View
from hve_monitor.clock import days_between, midnight, parse_time
from models.cost.daily import DayCost, cost_by_day
from models.cost.documents import ChangeCost, CostReport, GroupDays, MonthsBeside
from models.cost.months import By
from models.cost.spend import beside, days_of, past, planned_change, spend
from models.cost.spend import month_beside as newest_whole_month
from models.cost.whatif import PlannedChange
from models.delivery import breakdown
from models.delivery import outcomes as deliveries
from models.delivery.conditions import StoredFilter, TraceFilter
from models.delivery.search import DeliverySearch, find_traces, search_traces
from models.delivery.timeline import MessageTimeline, message_timelines
from models.forecast.backtest import Backtest
from models.incidents.cards import IncidentCard, WholeCard, incident_card, incident_cards
from models.incidents.overspill import PlannedSend
from models.overview import changes, health
from models.overview.fleet import all_tenants
from models.overview.reads import TenantRead, last_reads
from models.overview.tenants import TenantSummary
from models.readiness.report import FindingFilter, ReadinessReport, readiness_report
from models.usage import accounts as senders
from models.usage import unread
from models.usage.accounts import Sender
from models.usage.coverage import CoverageReport, coverage_report
from models.usage.usage import COUNTS, daily_usage, is_any_mail, usage_sums, window_usage
from warehouse.connection import Row
from warehouse.reading import published_connection, read_published
from warehouse.windows import Window

MOST_RECIPIENTS = 50
ONE_DAY = timedelta(days=1)
P = ParamSpec("P")
R = TypeVar("R")


def reading(*pages: str, slowly: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Makes a function a reading of the pages that draw it: others are refused.

    Its results are kept per version, business time, tenant, role and arguments. slowly: it may
    take seconds, and the page says that it is being computed.
    """
    telling = "Computing from the newest published version …" if slowly else False

    def kept(function: Callable[P, R]) -> Callable[P, R]:
        cache: Callable[[Callable[P, R]], Callable[P, R]] = st.cache_data(
            show_spinner=telling, max_entries=64, hash_funcs={View: View.identity}
        )
        return cache(guarded(*pages)(function))

    return kept


@reading("overview")
def usage(view: View, since: datetime | None = None, until: datetime | None = None) -> pd.DataFrame:
    """models.usage.usage.daily_usage of the view's tenant."""
    with view.published() as published:
        return daily_usage(published, since, until)


@reading("overview")
def has_mail(view: View) -> bool:
    """Whether any message of the view's tenant was seen until now."""
    if view.now < view.as_of:
        return not usage(view).empty
    with view.published() as published:
        return is_any_mail(published)


@reading("overview")
def window(view: View, since: datetime, until: datetime) -> pd.DataFrame:
    """models.usage.usage.window_usage of the view's tenant: whole UTC hours."""
    with view.published() as published:
        return window_usage(published, since, until)


@reading("overview")
def daily(view: View, since: date) -> dict[str, Row]:
    """Counts over all accounts of each UTC day from `since` on that has rows, by its text."""
    with view.published() as published:
        rows = usage_sums(published, ["day"], midnight_of(since), together=True)
    return {row["day_utc"]: row for row in rows}


@reading("overview")
def volume(view: View, since: datetime | None, until: datetime | None = None) -> pd.DataFrame:
    """dashboards.charts.volume.by_status of the period."""
    return by_status(usage(view, since, until))


@reading("overview")
def account_sums(
    view: View,
    since: datetime | None,
    until: datetime | None = None,
    account: str | None = None,
) -> list[Row]:
    """Counts of each account in the period, or of one."""
    with view.published() as published:
        return usage_sums(published, ["account"], since, until, account=account)


@reading("delivery")
def day_sums(
    view: View,
    since: datetime | None,
    until: datetime | None = None,
    account: str | None = None,
) -> list[Row]:
    """Counts of each UTC day of the period over all accounts, or of one account."""
    with view.published() as published:
        return usage_sums(published, ["day"], since, until, account=account, together=True)


@reading("senders")
def account_counts(
    view: View, sender: Sender, since: datetime | None, until: datetime | None = None
) -> Row:
    """Every count of one account in the whole days of the period; {} where it sent nothing."""
    with view.published() as published:
        of_tenant = published.of(sender.tenant)
        rows = usage_sums(of_tenant, ["account"], since, until, account=sender.account)
    return rows[0] if rows else {}


@reading("senders")
def account_volume(
    view: View, sender: Sender, since: datetime | None, until: datetime | None = None
) -> pd.DataFrame:
    """dashboards.charts.volume.by_status of one account."""
    rows = usage(view, since, until)
    is_own = (rows["account"] == sender.account) & (rows["tenant"] == sender.tenant)
    return by_status(rows[is_own])


@reading("overview")
def counts(
    view: View, since: datetime | None, until: datetime | None = None
) -> dict[str, int | None]:
    """Every count over all accounts, of [since, until) in whole hours, or of whole days from
    `since` on; a count that nothing knows is None.
    """
    frame = usage(view, since) if since is None or until is None else window(view, since, until)
    if frame.empty:
        return {}
    sums = frame[[name for name in COUNTS if name in frame]].sum(min_count=1)
    return {str(name): None if is_unknown(value) else int(value) for name, value in sums.items()}


@reading("overview", slowly=True)
def cost(view: View, month: str | None = None) -> CostReport:
    """models.cost.spend.spend.

    Raises: ConfigError when the tenants bill in different currencies.
    """
    return spend(view.config, view.now, view.tenant, month)


@reading("overview", slowly=True)
def tenants(view: View) -> list[TenantSummary]:
    """models.overview.fleet.all_tenants, as `hve tenants` prints them."""
    return all_tenants(view.config, view.now).tenants


@guarded("spend")
def month_beside(view: View, month: str) -> str:
    """models.cost.spend.month_beside of the view's tenant; it may just be closed."""
    return newest_whole_month(view.config, view.tenant, month)


@reading("spend", slowly=True)
def backtest(view: View) -> Backtest:
    """models.cost.spend.past of the view's tenant."""
    return past(view.config, view.now, view.tenant)


@reading("spend", slowly=True)
def months(view: View, by: By, month: str, count: int) -> MonthsBeside:
    """models.cost.spend.beside of the view's tenant, as `hve cost --months` prints it."""
    return beside(view.config, view.now, view.tenant, by, month, count)


@reading("spend")
def group_days(view: View, by: By, month: str, name: str) -> GroupDays:
    """models.cost.spend.days_of of the view's tenant. Raises: ConfigError."""
    return days_of(view.config, view.now, view.tenant, by, month, name)


@reading("overview")
def daily_costs(view: View, currency: str, first: date, last: date) -> list[DayCost]:
    """models.cost.daily.cost_by_day of the view's tenant."""
    with view.published() as published:
        return cost_by_day(published, currency, first, last)


@reading("overview")
def incidents(view: View) -> list[IncidentCard]:
    """models.incidents.cards.incident_cards of the view's tenant, newest first."""
    with view.published() as published:
        return incident_cards(published)


@reading("senders")
def card(view: View, incident: str) -> WholeCard:
    """The whole card, as `hve incidents ID --recipients` prints it. Raises: ConfigError."""
    with view.published() as published:
        return incident_card(published, incident, with_recipients=True)


@guarded("overview")
def plans(view: View) -> list[PlannedSend]:
    """`hve plan list` of the view's tenant; never kept: what was just announced must be there."""
    from actions.feedback import planned  # joins every room: loaded where it is needed

    return planned(view.config, view.tenant, view.now)


@reading("senders")
def contacts(view: View, sender: Sender, since: datetime, until: datetime) -> pd.DataFrame:
    """models.usage.accounts.account_contacts."""
    with published_connection(view.config.warehouse.path) as connection:
        return senders.account_contacts(connection, sender, since, until)


@reading("overview")
def coverage(
    view: View, since: datetime | None = None, until: datetime | None = None
) -> CoverageReport:
    """models.usage.coverage.coverage_report."""
    with view.published() as published:
        return coverage_report(published, since, until)


def reads(view: View) -> list[TenantRead]:
    """models.overview.reads.last_reads of the view's tenants; a run that ends is seen at once."""
    return _reads(view, state_stamp(view.config.warehouse.path))


@reading("overview")
def _reads(
    view: View,
    state: tuple[Stamp, Stamp],  # noqa: ARG001 - another stamp is another state
) -> list[TenantRead]:
    with view.published() as published:
        return last_reads(view.config, published)


def is_whole(view: View, since: datetime, until: datetime) -> bool:
    """Whether all is known of a time; nothing is of a tenant that was never read."""
    return not _is_unread(view) and are_accounts_whole(view, since, until)


@reading("overview")
def are_accounts_whole(view: View, since: datetime, until: datetime) -> bool:
    """models.usage.unread.is_whole of the view's tenant: of the accounts that are known."""
    with view.published() as published:
        return unread.is_whole(published, since, until)


def _is_unread(view: View) -> bool:
    """Whether one of the view's tenants was never read: its accounts are not even known."""
    return any(row.read_at is None for row in reads(view))


def unread_days(
    view: View, first: date, last: date, sender: Sender | None = None
) -> frozenset[date]:
    """Days on which not all is known of what the view's accounts, or one of them, sent."""
    if sender is None and _is_unread(view):
        return frozenset(days_between(first, last))
    days = _unread_by_account(view, first, last)
    if sender is not None:
        return days.get((sender.tenant, sender.account), frozenset())
    return frozenset().union(*days.values())


@reading("overview")
def _unread_by_account(
    view: View, first: date, last: date
) -> dict[unread.TenantAccount, frozenset[date]]:
    """models.usage.unread.unread_days of the view's tenant: read once for all accounts."""
    with view.published() as published:
        return unread.unread_days(published, first, last)


@reading("delivery", slowly=True)
def traces(view: View, conditions: TraceFilter, limit: int) -> DeliverySearch:
    """models.delivery.search.find_traces."""
    return find_traces(view.config, conditions, view.now, limit, view.user.name, view.user.subject)


@reading("overview")
def accounts(view: View) -> list[Sender]:
    """Every account of the view's tenant."""
    with published_connection(view.config.warehouse.path) as connection:
        return senders.accounts(connection, view.tenant)


@reading("overview")
def changed(view: View, since: datetime) -> list[changes.ChangeNote]:
    """models.overview.changes.changes_since."""
    with view.published() as published:
        return changes.changes_since(published, since)


@reading("senders")
def hours(view: View, sender: Sender, since: datetime, until: datetime) -> pd.DataFrame:
    """models.usage.accounts.account_hours without the times of which nothing is known."""
    lost = _unread_times(view, since, until).get((sender.tenant, sender.account), ())
    with read_published(view.config.warehouse.path, view.now) as published:
        return senders.account_hours(published, sender, since, until, lost)


@reading("senders")
def _unread_times(
    view: View, since: datetime, until: datetime
) -> dict[unread.TenantAccount, list[Window]]:
    """models.usage.unread.unread_times of the view's tenant: read once for all accounts."""
    with view.published() as published:
        return unread.unread_times(published, Window(since, until))


@reading("senders")
def sources(view: View, sender: Sender, since: datetime, until: datetime) -> pd.DataFrame:
    """models.usage.accounts.account_sources."""
    with published_connection(view.config.warehouse.path) as connection:
        return senders.account_sources(connection, sender, since, until)


@reading("overview")
def learning(view: View) -> dict[Sender, int]:
    """models.usage.accounts.learning_states."""
    with view.published() as published:
        return senders.learning_states(published)


@reading("spend")
def whatif(view: View, change: PlannedChange) -> ChangeCost:
    """models.cost.spend.planned_change, as `hve whatif` prints it. Raises: ConfigError."""
    return planned_change(view.config, view.now, view.tenant, change)


@reading("overview")
def readiness(view: View, account: str | None = None) -> ReadinessReport:
    """models.readiness.report.readiness_report with the history of every finding."""
    conditions = FindingFilter(view.tenant, account, with_history=True)
    with read_published(view.config.warehouse.path, view.now) as published:
        return readiness_report(published, conditions)


@reading("health")
def trust(view: View) -> health.HealthReport:
    """models.overview.health.health_report of the view's tenant."""
    with view.published() as published:
        return health.health_report(published)


@reading("overview")
def coverage_days(view: View, first: date) -> pd.DataFrame:
    """models.overview.health.coverage_days of the view's tenant."""
    with view.published() as published:
        return health.coverage_days(published, first)


@reading("delivery")
def messages(
    view: View, trace_id: str, recipient: str | None = None, at: datetime | None = None
) -> list[MessageTimeline]:
    """models.delivery.timeline.message_timelines of one message and recipient.

    `at`: when it was received, where that is known, so that one day is searched and not all.
    Id and recipient are as the store holds them: they come from a row that was shown.
    """
    first = midnight(at) if at else None
    conditions = StoredFilter(
        tenant=view.tenant,
        id=trace_id,
        recipient=recipient,
        since=first,
        until=first + ONE_DAY if first else None,
        is_verbatim=True,
    )
    fetchable = {tenant.name for tenant in view.config.served if tenant.accounts != "files"}
    with read_published(view.config.warehouse.path, view.now) as published:
        rows = search_traces(published, conditions, MOST_RECIPIENTS).rows
        return message_timelines(published, rows, fetchable)


@reading("delivery")
def latest_undelivered(
    view: View, since: datetime, until: datetime, account: str | None
) -> list[deliveries.UndeliveredMessage]:
    """models.delivery.outcomes.latest_undelivered of the view's tenant."""
    with view.published() as published:
        return deliveries.latest_undelivered(published, since, until, account)


@reading("delivery")
def failures(
    view: View, since: datetime, until: datetime, account: str | None
) -> list[deliveries.ExplainedFailure]:
    """models.delivery.outcomes.explained_failures of the view's tenant."""
    with view.published() as published:
        return deliveries.explained_failures(published, since, until, account)


@reading("delivery")
def failure_days(
    view: View, since: datetime, until: datetime, account: str | None
) -> list[breakdown.FailureDay]:
    """models.delivery.breakdown.failures_by_day of the view's tenant."""
    with view.published() as published:
        return breakdown.failures_by_day(published, since, until, [account] if account else None)


@reading("delivery", slowly=True)
def domains_and_lists(
    view: View, since: datetime, until: datetime, account: str | None
) -> tuple[list[breakdown.DomainDelivery], list[breakdown.ListDelivery]]:
    """models.delivery.breakdown.by_domain and by_list, as in `hve trace --summary`."""
    only = [account] if account else None
    with view.published() as published:
        window = since, until
        return breakdown.by_domain(published, *window, only), breakdown.by_list(
            published, *window, only
        )


@reading("delivery", slowly=True)
def figures(
    view: View, since: datetime, until: datetime, account: str | None
) -> list[deliveries.DeliveryFigures]:
    """models.delivery.outcomes.delivery_figures, as in `hve trace --summary`: reads every row."""
    with view.published() as published:
        return deliveries.delivery_figures(published, since, until, account)


@reading("delivery")
def undelivered(view: View, since: datetime, until: datetime, account: str | None) -> pd.DataFrame:
    """models.delivery.outcomes.undelivered of the view's tenant."""
    with view.published() as published:
        return deliveries.undelivered(published, since, until, account)


def span(view: View, sender: Sender | None = None) -> DaySpan:
    """The days of the period, those hatched of which not all is known; today, what is to come."""
    first, last = start(view).date(), view.last_day
    unknown = unread_days(view, first, last, sender)
    ahead = [(view.now, midnight_of(last) + ONE_DAY)] if view.until is None else []
    return DaySpan(first, last, stretches(unknown, *ahead))


def volume_before(view: View, sender: Sender | None = None) -> pd.DataFrame:
    """Recipients of as many days before the period, under the days of the period.

    Shape: day (UTC, timestamp, of the period), recipients (float, null where not all is known).
    """
    before = view.before()
    if before is None:
        return pd.DataFrame({"day": pd.to_datetime([], utc=True), "recipients": []})
    rows = usage(view, midnight_of(before.first), midnight_of(before.last) + ONE_DAY)
    if sender is not None:
        rows = rows[(rows["account"] == sender.account) & (rows["tenant"] == sender.tenant)]
    sent = rows.groupby("day")["recipients"].sum()
    unknown = unread_days(view, before.first, before.last, sender)
    return pd.DataFrame(
        [
            (day + (view.last_day - before.last), math.nan if day in unknown else sent.get(day, 0))
            for day in days_between(before.first, before.last)
        ],
        columns=["day", "recipients"],
    ).assign(day=lambda frame: pd.to_datetime(frame["day"], utc=True))


def first_day(view: View) -> date:
    """First UTC day with rows; the day of business time where nothing is stored."""
    days = usage(view)["day"]
    return min(days) if len(days) else view.now.date()


def start(view: View) -> datetime:
    """First instant of the period, of the stored rows where the period is open."""
    if view.since is not None:
        return view.since
    return midnight_of(first_day(view))


def midnight_of(day: date) -> datetime:
    """Start of a UTC day."""
    return parse_time(day.isoformat())
