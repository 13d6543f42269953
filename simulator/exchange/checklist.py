"""The Exchange cmdlets of a readiness check: organisation, users and authentication policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulator.exchange.refusal import BadParameterError, ObjectNotFoundError
from simulator.mail.account import Account
from simulator.world.readiness import authentication_policies
from simulator.world.tenant import SimulatedTenant

Row = dict[str, Any]
Parameters = Mapping[str, Any]


class Checklist:
    """Runs cmdlets that only read settings."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant

    def actions(self) -> dict[str, tuple[set[str], Callable[[Parameters], list[Row]]]]:
        """Allowed parameters and action by lower-case name."""
        return {
            "get-organizationconfig": (set(), self._organization),
            "get-transportconfig": (set(), self._transport),
            "get-user": ({"Identity", "ResultSize"}, self._users),
            "get-authenticationpolicy": ({"Identity"}, self._policies),
        }

    def _organization(self, _: Parameters) -> list[Row]:
        return [
            {
                "Name": f"{self._tenant.name}.onmicrosoft.com",
                "DefaultAuthenticationPolicy": self._tenant.readiness.default_policy,
                "OAuth2ClientProfileEnabled": True,
            }
        ]

    def _transport(self, _: Parameters) -> list[Row]:
        disabled = self._tenant.readiness.smtp_auth_disabled
        return [{"Name": "Transport Settings", "SmtpClientAuthenticationDisabled": disabled}]

    def _users(self, parameters: Parameters) -> list[Row]:
        accounts = [*self._tenant.visible_accounts(), *self._tenant.people]
        if "Identity" not in parameters:
            return [self._user(account) for account in accounts]
        identity = parameters["Identity"]
        if not isinstance(identity, str) or not identity:
            raise BadParameterError("Identity")
        for account in accounts:
            if identity.lower() in {*account.addresses, account.alias, account.object_id}:
                return [self._user(account)]
        raise ObjectNotFoundError(identity)

    def _user(self, account: Account) -> Row:
        return {
            "Identity": account.alias,
            "DisplayName": account.display_name,
            "UserPrincipalName": account.primary,
            "WindowsEmailAddress": account.primary,
            "ExternalDirectoryObjectId": account.object_id,
            "AuthenticationPolicy": self._tenant.readiness.account_policies.get(account.primary),
        }

    def _policies(self, parameters: Parameters) -> list[Row]:
        """One policy by name; an unknown or empty name gives all of them, as documented."""
        policies, name = authentication_policies(), parameters.get("Identity")
        found = [policy for policy in policies if policy["Name"] == name]
        return found or policies
