"""Users, groups and applications of the tenant's directory."""

from __future__ import annotations

from typing import Any

from simulator.account import Account
from simulator.tenant import SimulatedTenant

Row = dict[str, Any]
KINDS = ("applications", "servicePrincipals")


class Objects:
    """Directory objects as rows; accounts younger than the clock do not exist yet."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant

    def user(self, key: str) -> Row | None:
        """A sender by object id or address; None for anybody else."""
        for account in [*self._tenant.visible_accounts(), *self._tenant.people]:
            if key.lower() in (account.object_id, account.primary):
                return _user(account)
        return None

    def members(self, group: str) -> list[Row] | None:
        """Everything in a group at any depth; None for an unknown group."""
        readiness = self._tenant.readiness
        if group not in readiness.groups:
            return None
        rows = []
        for member in readiness.members(group):
            user = self.user(member)
            if user:
                rows.append({"@odata.type": "#microsoft.graph.user", **user})
            elif member in readiness.groups:
                rows.append(_group(member))
        return rows

    def applications(self, kind: str) -> list[Row]:
        """Applications, or the service principals behind them."""
        applications = self._tenant.readiness.applications
        if kind == "applications":
            return applications
        return [{**row, "servicePrincipalType": "Application"} for row in applications]


def _user(account: Account) -> Row:
    return {
        "id": account.object_id,
        "userPrincipalName": account.primary,
        "displayName": account.display_name,
        "mail": account.primary,
        "accountEnabled": True,
        "userType": "Member",
        "assignedLicenses": [],
        "createdDateTime": account.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _group(group: str) -> Row:
    return {"@odata.type": "#microsoft.graph.group", "id": group, "displayName": "HVE scanners"}
