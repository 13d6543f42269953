"""The few Exchange cmdlets that concern High Volume Email, and their output rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulator.exchange.checklist import Checklist
from simulator.exchange.refusal import BadParameterError, ObjectNotFoundError, UnknownCmdletError
from simulator.mail.account import Account
from simulator.mail.instant import long_text, micros
from simulator.world.invoice import RESOURCE_GROUP, subscription_of
from simulator.world.tenant import SimulatedTenant

Row = dict[str, Any]
Parameters = Mapping[str, Any]


class Cmdlets:
    """Runs cmdlets by name. Raises UnknownCmdletError, BadParameterError or ObjectNotFoundError."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant
        self._known: dict[str, tuple[set[str], Callable[[Parameters], list[Row]]]] = {
            "get-mailuser": ({"HVEAccount", "Identity", "ResultSize"}, self._mail_users),
            "get-hveaccountsettings": ({"Identity"}, self._settings),
            "get-hveaccountbillingpolicy": ({"Identity"}, self._account_policy),
            "get-billingpolicy": ({"ResourceType"}, self._policies),
            **Checklist(tenant).actions(),
        }

    def run(self, name: str, parameters: Parameters) -> list[Row]:
        """The output rows of a cmdlet."""
        if name.lower() not in self._known:
            raise UnknownCmdletError(name)
        allowed, action = self._known[name.lower()]
        foreign = sorted(set(parameters) - allowed)
        if foreign:
            raise BadParameterError(" ".join(foreign))
        return action(parameters)

    def _mail_users(self, parameters: Parameters) -> list[Row]:
        if "Identity" in parameters:
            return [self._mail_user(self._find(parameters))]
        if parameters.get("HVEAccount") is not True:
            return []  # the tenant has no other mail users
        return [self._mail_user(account) for account in self._tenant.visible_accounts()]

    def _settings(self, parameters: Parameters) -> list[Row]:
        account = self._find(parameters)
        # Which property lists the applications is not documented; this name is invented.
        apps = self._tenant.readiness.allowed_apps.get(account.primary)
        return [{"Identity": account.alias, "ReplyTo": account.reply_to, "AppIds": apps}]

    def _account_policy(self, parameters: Parameters) -> list[Row]:
        account, tenant = self._find(parameters), self._tenant
        lapsed = account.suspended_at is not None and account.suspended_at <= tenant.now
        waiting = account.suspended_at is not None and not lapsed
        policy_id = tenant.lapsed_policy_id if lapsed else tenant.billing_policy_id
        return [
            {
                "Identity": account.alias,
                "BillingPolicyId": policy_id,
                "BillingPolicyName": "HVE events" if lapsed else "HVE company",
                "BillingPolicyStatus": "BillingPolicyValid" if waiting else account.billing_status,
            }
        ]

    def _policies(self, parameters: Parameters) -> list[Row]:
        if parameters.get("ResourceType") != "HVE":
            raise BadParameterError("ResourceType")
        ids = (self._tenant.billing_policy_id, self._tenant.lapsed_policy_id)
        return [
            {
                "Identity": policy_id,
                "BillingPolicyId": policy_id,
                "Name": name,
                "ResourceType": "HVE",
                "SubscriptionId": subscription_of(policy_id),
                "ResourceGroup": RESOURCE_GROUP,
            }
            for policy_id, name in zip(ids, ("HVE company", "HVE events"), strict=True)
        ]

    def _find(self, parameters: Parameters) -> Account:
        identity = parameters.get("Identity")
        if not isinstance(identity, str) or not identity:
            raise BadParameterError("Identity")
        for account in self._tenant.visible_accounts():
            names = {*account.addresses, account.alias, account.display_name, account.object_id}
            if identity.lower() in {name.lower() for name in names}:
                return account
        raise ObjectNotFoundError(identity)

    def _mail_user(self, account: Account) -> Row:
        spellings = account.spellings  # three per address: lower, capital name, capital domain
        proxies = [f"smtp:{text}" for text in spellings[5::3]]
        return {
            "Identity": account.alias,
            "Name": account.alias,
            "Alias": account.alias,
            "DisplayName": account.display_name,
            "PrimarySmtpAddress": spellings[1],
            "EmailAddresses@odata.type": "#Collection(String)",
            "EmailAddresses": [f"SMTP:{spellings[1]}", *proxies],
            "ExternalDirectoryObjectId": account.object_id,
            "HiddenFromAddressListsEnabled": False,
            "WhenCreated@data.type": "System.DateTime",
            "WhenCreated": long_text(micros(account.created_at)),
        }
