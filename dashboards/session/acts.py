"""What a person does on a page: the same as the commands, under the name of who is logged in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from dashboards.session import readings
from dashboards.session.access import RefusedError, require, require_tenant
from dashboards.session.view import View
from hve_monitor.config import Tenant
from models.incidents.overspill import PlanDocument, PlanFor

if TYPE_CHECKING:
    from actions.feedback import VerdictDocument, Withdrawal

# The spine joins every room: it is loaded when somebody acts, not when a page is drawn.


def judge(view: View, incident: str, verdict: str, reason: str) -> VerdictDocument:
    """`hve verdict`. Raises: RefusedError, ConfigError without a reason or for an unknown id."""
    from actions.author import reason_of
    from actions.feedback import give_verdict

    require(view.user, "senders")
    if view.user.tenants is not None:
        readings.card(view, incident)  # refuses what is no incident of the view's tenant
    why = reason_of(reason, "verdict")
    given = give_verdict(view.config, incident, verdict, why, view.user.name, view.now)
    _note(view, "verdict", incident)
    return given


def announce(
    view: View,
    tenant: Tenant,
    senders: PlanFor,
    window: tuple[datetime, datetime],
    recipients: int,
    note: str,
) -> PlanDocument:
    """`hve plan add`. Raises: RefusedError, ConfigError for an empty window or unknown account."""
    from actions import feedback

    require(view.user, "plan")
    require_tenant(view.user, tenant.name)
    plan = feedback.announce(
        view.config, tenant, senders, window, recipients, note.strip(), view.user.name, view.now
    )
    _note(view, "plan add", plan.id)
    return plan


def withdraw(view: View, plan: str) -> Withdrawal:
    """`hve plan remove`. Raises: RefusedError, ConfigError when no such plan holds."""
    from actions import feedback

    require(view.user, "plan")
    if view.user.tenants is not None and plan not in {own.id for own in readings.plans(view)}:
        raise RefusedError(f"{plan}: is no plan of {view.tenant}")
    withdrawn = feedback.withdraw(view.config, plan, view.user.name, view.now)
    _note(view, "plan remove", plan)
    return withdrawn


def _note(view: View, what: str, target: str) -> None:
    """Who it was by the login's own number: names change hands."""
    from actions.privacy import note

    if view.user.logged_in:
        note(view.config, what, target, view.user.name, view.now, subject=view.user.subject)
