"""What a person does on a page: the same as the commands, under the name of who is logged in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from dashboards.session import readings
from dashboards.session.access import RefusedError, require, require_tenant
from dashboards.session.view import View
from hve_monitor.config import Tenant
from hve_monitor.errors import ConfigError
from models.incidents.overspill import PlanDocument, PlanFor

if TYPE_CHECKING:
    from actions.feedback import VerdictDocument, Withdrawal

# The spine joins every room: it is loaded when somebody acts, not when a page is drawn.


def judge(view: View, incidents: Sequence[str], verdict: str, reason: str) -> list[VerdictDocument]:
    """`hve verdict` of each, all or none.

    Raises: RefusedError, ConfigError without a reason or for an unknown id.
    """
    from actions.author import reason_of
    from actions.feedback import give_verdicts

    _require_incidents(view, incidents)
    why = reason_of(reason, "verdict")
    given = give_verdicts(view.config, incidents, verdict, why, view.user.name, view.now)
    for incident in incidents:
        _note(view, "verdict", incident)
    return given


def assign(view: View, incidents: Sequence[str], holder: str) -> None:
    """`hve assign` of each, all or none. Raises: RefusedError, ConfigError for an unknown id."""
    from actions.feedback import assign

    _require_incidents(view, incidents)
    user = view.user
    assign(view.config, incidents, holder, user.name, view.now, user.subject)


def tick(view: View, incident: str, number: int, *, is_done: bool) -> None:
    """`hve step`: whether a step is done. Raises: RefusedError, ConfigError for an unknown one."""
    from actions import feedback

    _require_incidents(view, [incident])
    user = view.user
    feedback.tick(
        view.config, incident, [number], user.name, view.now, is_done=is_done, subject=user.subject
    )


def _require_incidents(view: View, incidents: Sequence[str]) -> None:
    """Raises: RefusedError without the page, ConfigError for an incident of another tenant."""
    require(view.user, "senders")
    if view.user.tenants is None:
        return
    own = {card.id for card in readings.incidents(view)}
    for incident in incidents:
        if incident not in own:
            raise ConfigError(f"{incident}: no such incident; see 'hve incidents'")


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
