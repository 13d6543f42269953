"""The few Exchange cmdlets that read settings: of accounts, billing, users and the organisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulator.mail.account import Account
from simulator.mail.instant import long_text, micros
from simulator.reply import JsonObject
from simulator.world.invoice import RESOURCE_GROUP, subscription_of
from simulator.world.readiness import authentication_policies
from simulator.world.tenant import SimulatedTenant

Parameters = Mapping[str, object]


class UnknownCmdletError(Exception):
    """No such cmdlet, or the caller's role lacks it: the service does not say which."""


class BadParameterError(Exception):
    """The parameters do not fit the cmdlet; the text names them."""


class ObjectNotFoundError(Exception):
    """No object has this identity."""


class Cmdlets:
    """Runs cmdlets by name. Raises UnknownCmdletError, BadParameterError or ObjectNotFoundError."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant
        self._actions: dict[str, tuple[set[str], Callable[[Parameters], list[JsonObject]]]] = {
            "get-mailuser": ({"HVEAccount", "Identity", "ResultSize"}, self._mail_users),
            "get-hveaccountsettings": ({"Identity"}, self._settings),
            "get-hveaccountbillingpolicy": ({"Identity"}, self._account_policy),
            "get-billingpolicy": ({"ResourceType"}, self._billing_policies),
            "get-organizationconfig": (set(), self._organization),
            "get-transportconfig": (set(), self._transport),
            "get-user": ({"Identity", "ResultSize"}, self._users),
            "get-authenticationpolicy": ({"Identity"}, self._authentication_policies),
        }

    def run(self, name: str, parameters: Parameters) -> list[JsonObject]:
        """The output rows of a cmdlet."""
        if name.lower() not in self._actions:
            raise UnknownCmdletError(name)
        allowed, action = self._actions[name.lower()]
        refuse_others(parameters, allowed)
        return action(parameters)

    def _mail_users(self, parameters: Parameters) -> list[JsonObject]:
        if "Identity" in parameters:
            return [_mail_user(self._find(parameters))]
        if parameters.get("HVEAccount") is not True:
            return []  # the tenant has no other mail users
        return [_mail_user(account) for account in self._tenant.visible_accounts()]

    def _settings(self, parameters: Parameters) -> list[JsonObject]:
        account = self._find(parameters)
        # Which property lists the applications is not documented; this name is invented.
        apps = self._tenant.readiness.allowed_apps.get(account.primary)
        return [{"Identity": account.alias, "ReplyTo": account.reply_to, "AppIds": apps}]

    def _account_policy(self, parameters: Parameters) -> list[JsonObject]:
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

    def _billing_policies(self, parameters: Parameters) -> list[JsonObject]:
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

    def _organization(self, _: Parameters) -> list[JsonObject]:
        return [
            {
                "Name": f"{self._tenant.name}.onmicrosoft.com",
                "DefaultAuthenticationPolicy": self._tenant.readiness.default_policy,
                "OAuth2ClientProfileEnabled": True,
            }
        ]

    def _transport(self, _: Parameters) -> list[JsonObject]:
        disabled = self._tenant.readiness.smtp_auth_disabled
        return [{"Name": "Transport Settings", "SmtpClientAuthenticationDisabled": disabled}]

    def _users(self, parameters: Parameters) -> list[JsonObject]:
        accounts = [*self._tenant.visible_accounts(), *self._tenant.people]
        if "Identity" not in parameters:
            return [self._user(account) for account in accounts]
        identity = _identity(parameters)
        for account in accounts:
            if identity.lower() in {*account.addresses, account.alias, account.object_id}:
                return [self._user(account)]
        raise ObjectNotFoundError(identity)

    def _user(self, account: Account) -> JsonObject:
        return {
            "Identity": account.alias,
            "DisplayName": account.display_name,
            "UserPrincipalName": account.primary,
            "WindowsEmailAddress": account.primary,
            "ExternalDirectoryObjectId": account.object_id,
            "AuthenticationPolicy": self._tenant.readiness.account_policies.get(account.primary),
        }

    def _authentication_policies(self, parameters: Parameters) -> list[JsonObject]:
        """One policy by name; an unknown or empty name gives all of them, as documented."""
        policies, name = authentication_policies(), parameters.get("Identity")
        named = [policy for policy in policies if policy["Name"] == name]
        return named or policies

    def _find(self, parameters: Parameters) -> Account:
        identity = _identity(parameters)
        for account in self._tenant.visible_accounts():
            names = {*account.addresses, account.alias, account.display_name, account.object_id}
            if identity.lower() in {name.lower() for name in names}:
                return account
        raise ObjectNotFoundError(identity)


def refuse_others(parameters: Parameters, allowed: set[str]) -> None:
    """Raises: BadParameterError that names the parameters which a cmdlet does not have."""
    foreign = sorted(set(parameters) - allowed)
    if foreign:
        raise BadParameterError(" ".join(foreign))


def _identity(parameters: Parameters) -> str:
    identity = parameters.get("Identity")
    if not isinstance(identity, str) or not identity:
        raise BadParameterError("Identity")
    return identity


def _mail_user(account: Account) -> JsonObject:
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
