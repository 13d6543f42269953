"""Users, groups and applications of the tenant's directory."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from simulator.mail.account import Account
from simulator.reply import JsonObject
from simulator.world.tenant import SimulatedTenant

KINDS = ("applications", "servicePrincipals")
ROLE_TYPE = "#microsoft.graph.directoryRole"


class Objects:
    """Directory objects as rows; accounts younger than the clock do not exist yet."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant

    def user(self, key: str) -> JsonObject | None:
        """A sender by object id or address; None for anybody else."""
        for account in [*self._tenant.visible_accounts(), *self._tenant.people]:
            if key.lower() in (account.object_id, account.primary):
                return self._user(account)
        return None

    def memberships(self, key: str) -> list[JsonObject] | None:
        """Groups and roles of a sender; None for anybody else."""
        readiness = self._tenant.readiness
        for account in self._tenant.visible_accounts():
            if key.lower() in (account.object_id, account.primary):
                roles = readiness.roles.get(account.primary, [])
                return [
                    *(_group(group) for group in sorted(readiness.groups_of(account))),
                    *(_role(role) for role in roles),
                ]
        return None

    def members(self, group: str) -> list[JsonObject] | None:
        """Everything in a group at any depth; None for an unknown group."""
        readiness = self._tenant.readiness
        if group not in readiness.groups:
            return None
        rows: list[JsonObject] = []
        for member in readiness.members(group):
            user = self.user(member)
            if user:
                rows.append({"@odata.type": "#microsoft.graph.user", **user})
            elif member in readiness.groups:
                rows.append(_group(member))
        return rows

    def applications(self, kind: str) -> Sequence[Mapping[str, object]]:
        """Applications, or the service principals behind them."""
        readiness = self._tenant.readiness
        applications = [*readiness.applications, readiness.own_application]
        if kind == "applications":
            return applications
        return [{**row, "servicePrincipalType": "Application"} for row in applications]

    def _user(self, account: Account) -> JsonObject:
        readiness = self._tenant.readiness
        licences = readiness.licences.get(account.primary, [])
        return {
            "id": account.object_id,
            "userPrincipalName": account.primary,
            "displayName": account.display_name,
            "mail": account.primary,
            "accountEnabled": account.primary not in readiness.disabled,
            "userType": "Member",
            "assignedLicenses": [{"disabledPlans": [], "skuId": sku} for sku in licences],
            "createdDateTime": account.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def _role(role: str) -> JsonObject:
    return {
        "@odata.type": ROLE_TYPE,
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, role)),
        "displayName": "Directory role",
        "roleTemplateId": role,
    }


def _group(group: str) -> JsonObject:
    return {"@odata.type": "#microsoft.graph.group", "id": group, "displayName": "HVE scanners"}
