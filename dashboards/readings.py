"""What the pages read, once per published version. Every function is one of the models'."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ParamSpec, TypeVar

import pandas as pd
import streamlit as st

from dashboards.access import guarded
from dashboards.view import View
from hve_monitor.clock import parse_time
from models import changes, deliveries, senders
from models.cards import incident_cards
from models.contributions import whole_card
from models.coverage import coverage_report
from models.days import cost_by_day
from models.search import TraceFilter, find_traces
from models.senders import Sender
from models.spend import past, spend
from models.usage import daily_usage, usage_rows
from warehouse.publication import published

P = ParamSpec("P")
R = TypeVar("R")


def kept(function: Callable[P, R]) -> Callable[P, R]:
    """The function, its results kept per version, business time, tenant, role and arguments."""
    cache: Callable[[Callable[P, R]], Callable[P, R]] = st.cache_data(
        show_spinner=False, max_entries=64, hash_funcs={View: View.identity}
    )
    return cache(guarded(function))


@kept
def usage(view: View, since: datetime | None = None, until: datetime | None = None) -> pd.DataFrame:
    """models.usage.daily_usage of the view's tenant."""
    with published(view.config.warehouse.path) as connection:
        return daily_usage(connection, view.now, view.tenant, since, until)


def counts(view: View, since: datetime | None, until: datetime | None = None) -> dict[str, Any]:
    """Every count of a window, over all accounts; a count that nothing knows is None."""
    frame = usage(view, since, until)
    if frame.empty:
        return {}
    rows = usage_rows(frame.assign(tenant="all"), ["tenant"])
    return rows[0]


@kept
def cost(view: View, month: str | None = None) -> dict[str, Any]:
    """models.spend.spend. Raises: ConfigError when the tenants bill in different currencies."""
    return spend(view.config, view.now, view.tenant, month)


@kept
def backtest(view: View) -> dict[str, Any]:
    """models.spend.past of the view's tenant."""
    return past(view.config, view.now, view.tenant)


@kept
def daily_costs(view: View, currency: str) -> dict[date, str]:
    """models.days.cost_by_day of the view's tenant."""
    with published(view.config.warehouse.path) as connection:
        return cost_by_day(connection, view.now, currency, view.tenant)


@kept
def incidents(view: View) -> list[dict[str, Any]]:
    """models.cards.incident_cards of the view's tenant, newest first."""
    with published(view.config.warehouse.path) as connection:
        return incident_cards(connection, view.now, tenant=view.tenant)


@kept
def card(view: View, incident: str) -> dict[str, Any]:
    """The whole card, as `hve incidents ID --recipients` prints it. Raises: ConfigError."""
    with published(view.config.warehouse.path) as connection:
        found = incident_cards(connection, view.now, tenant=view.tenant, incident=incident)
        return whole_card(connection, found[0], view.now, with_recipients=True)


@guarded
def plans(view: View) -> list[dict[str, Any]]:
    """`hve plan list` of the view's tenant; never kept: what was just announced must be there."""
    from hve_monitor.feedback import planned  # joins every room: loaded where it is needed

    return planned(view.config, view.tenant, view.now)


@kept
def contacts(view: View, sender: Sender, since: datetime) -> pd.DataFrame:
    """models.senders.account_contacts."""
    with published(view.config.warehouse.path) as connection:
        return senders.account_contacts(connection, sender, since, view.now)


@kept
def coverage(
    view: View, since: datetime | None = None, until: datetime | None = None
) -> dict[str, Any]:
    """models.coverage.coverage_report."""
    with published(view.config.warehouse.path) as connection:
        return coverage_report(connection, view.now, view.tenant, since, until)


@kept
def traces(view: View, wanted: TraceFilter, limit: int) -> dict[str, Any]:
    """models.search.find_traces."""
    return find_traces(view.config, wanted, view.now, limit, view.user.name)


@kept
def accounts(view: View) -> list[Sender]:
    """Every account of the view's tenant."""
    with published(view.config.warehouse.path) as connection:
        return senders.accounts(connection, view.tenant)


@kept
def changed(view: View, since: datetime) -> list[changes.Change]:
    """models.changes.changes_since."""
    with published(view.config.warehouse.path) as connection:
        return changes.changes_since(connection, since, view.now, view.tenant)


@kept
def hours(view: View, sender: Sender, since: datetime, until: datetime) -> pd.DataFrame:
    """models.senders.account_hours with the gaps of the account's coverage."""
    with published(view.config.warehouse.path) as connection:
        report = coverage_report(connection, view.now, sender.tenant, since, until)
        unread = [
            (parse_time(gap["from"]), parse_time(gap["to"]))
            for gap in report["gaps"]
            if gap["account"] == sender.account
        ]
        return senders.account_hours(connection, sender, view.now, since, until, unread)


@kept
def sources(view: View, sender: Sender, since: datetime) -> pd.DataFrame:
    """models.senders.account_sources."""
    with published(view.config.warehouse.path) as connection:
        return senders.account_sources(connection, sender, since, view.now)


@kept
def learning(view: View) -> dict[Sender, int]:
    """models.senders.learning_states."""
    with published(view.config.warehouse.path) as connection:
        return senders.learning_states(connection, view.now, view.tenant)


@kept
def undelivered(view: View, since: datetime, account: str | None) -> pd.DataFrame:
    """models.deliveries.undelivered of the view's tenant."""
    with published(view.config.warehouse.path) as connection:
        return deliveries.undelivered(connection, since, view.now, view.tenant, account)


def first_day(view: View) -> date:
    """First UTC day with rows; the day of business time where nothing is stored."""
    days = usage(view)["day"]
    return min(days) if len(days) else view.now.date()


def start(view: View) -> datetime:
    """First instant of the period, of the stored rows where the period is open."""
    if view.since is not None:
        return view.since
    return parse_time(first_day(view).isoformat())
