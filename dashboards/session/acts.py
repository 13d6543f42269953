"""What a person does on a page: the same as the commands, under the name of who is logged in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dashboards.session import readings
from dashboards.session.access import RefusedError, require, require_tenant
from dashboards.session.view import View
from hve_monitor.config import Tenant

# The spine joins every room: it is loaded when somebody acts, not when a page is drawn.


def judge(view: View, incident: str, verdict: str, reason: str) -> dict[str, Any]:
    """`hve verdict`. Raises: RefusedError, ConfigError without a reason or for an unknown id."""
    from actions.author import reason_of
    from actions.feedback import give_verdict

    require(view.user, "senders")
    if view.user.tenants is not None:
        readings.card(view, incident)  # refuses what is no incident of the view's tenant
    why = reason_of(reason, "verdict")
    return give_verdict(view.config, incident, verdict, why, view.user.name, view.now)


def announce(
    view: View,
    tenant: Tenant,
    named: tuple[str | None, str | None, bool],
    window: tuple[datetime, datetime],
    recipients: int,
    note: str,
) -> dict[str, Any]:
    """`hve plan add`. Raises: RefusedError, ConfigError for an empty window or unknown account."""
    from actions import feedback

    require(view.user, "plan")
    require_tenant(view.user, tenant.name)
    who, said = view.user.name, note.strip()
    return feedback.announce(view.config, tenant, named, window, recipients, said, who, view.now)


def withdraw(view: View, plan: str) -> dict[str, Any]:
    """`hve plan remove`. Raises: RefusedError, ConfigError when no such plan holds."""
    from actions import feedback

    require(view.user, "plan")
    if view.user.tenants is not None and plan not in {each["id"] for each in readings.plans(view)}:
        raise RefusedError(f"{plan}: is no plan of {view.tenant}")
    return feedback.withdraw(view.config, plan, view.user.name, view.now)
