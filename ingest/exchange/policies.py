"""Exchange settings that let HVE accounts sign in: organisation, policies, accounts.

Source: Exchange `Get-OrganizationConfig`, `Get-AuthenticationPolicy`, `Get-User`,
`Get-HVEAccountSettings` and `Get-BillingPolicy`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hve_monitor.errors import AuthError
from ingest.exchange.cmdlets import Exchange
from ingest.http import JsonObject, RequestRefused
from ingest.policy_part import Part, document
from warehouse.records.policies import Policy

SOURCE = "exchange"
ORGANIZATION = "organization_config"
AUTHENTICATION = "authentication_policy"
ACCOUNT_AUTHENTICATION = "account_authentication"
ACCOUNT_SETTINGS = "account_settings"
BILLING_POLICY = "billing_policy"
# Names that the cmdlet may give to a policy's id and name; none is documented.
BILLING_IDS, BILLING_NAMES = ("BillingPolicyId", "Guid", "Identity"), ("Name", "BillingPolicyName")
PERMISSION = (
    "Office 365 Exchange Online application permission Exchange.ManageAsApp with admin consent,"
    " and a role that may run {cmdlet}, such as Global Reader, for the application"
)
ORGANIZATION_FIELDS = ("Name", "DefaultAuthenticationPolicy", "OAuth2ClientProfileEnabled")


class ExchangePolicies:
    """Reads the parts in order: the policies' names come from organisation and accounts."""

    def __init__(self, exchange: Exchange, accounts: Sequence[str]) -> None:
        self._exchange, self._accounts = exchange, accounts
        self._named: set[str] = set()

    def parts(self) -> list[Part]:
        """What can be read."""
        return [
            self._part(ORGANIZATION, "Get-OrganizationConfig", self._organization),
            self._part(ACCOUNT_AUTHENTICATION, "Get-User", self._account_authentication),
            self._part(AUTHENTICATION, "Get-AuthenticationPolicy", self._policies),
            self._part(ACCOUNT_SETTINGS, "Get-HVEAccountSettings", self._settings),
            self._part(BILLING_POLICY, "Get-BillingPolicy", self._billing_policies),
        ]

    def _part(self, kind: str, cmdlet: str, read: Callable[[], list[Policy]]) -> Part:
        return Part(kind, SOURCE, PERMISSION.format(cmdlet=cmdlet), self._exchange.api, read)

    def _organization(self) -> list[Policy]:
        rows = self._exchange.rows("Get-OrganizationConfig")
        row = rows[0] if rows else {}
        if "DefaultAuthenticationPolicy" not in row:
            return [
                _unavailable(ORGANIZATION, "organization", "Get-OrganizationConfig shows no policy")
            ]
        self._name(row["DefaultAuthenticationPolicy"])
        values = {name: row[name] for name in ORGANIZATION_FIELDS if name in row}
        return [_policy(ORGANIZATION, "organization", row.get("Name"), values)]

    def _account_authentication(self) -> list[Policy]:
        return [self._of_account(account) for account in self._accounts]

    def _of_account(self, account: str) -> Policy:
        row, reason = self._row("Get-User", account)
        if "AuthenticationPolicy" not in row:
            reason = reason or "Get-User shows no AuthenticationPolicy"
            return _unavailable(ACCOUNT_AUTHENTICATION, account, reason)
        self._name(row["AuthenticationPolicy"])
        values = {"AuthenticationPolicy": row["AuthenticationPolicy"]}
        return _policy(ACCOUNT_AUTHENTICATION, account, account, values)

    def _policies(self) -> list[Policy]:
        """All policies by their own names, and names that lead to none.

        For an unknown name the cmdlet gives every policy: so all are read, and the names are
        compared here.
        """
        rows = self._exchange.rows("Get-AuthenticationPolicy")
        policies = {str(row.get("Name")): row for row in rows if row.get("Name")}
        names = {str(value).lower() for row in rows for value in _names(row)}
        missing = sorted(name for name in self._named if name.lower() not in names)
        reason = "no authentication policy has this name"
        return [
            *(_policy(AUTHENTICATION, name, name, row) for name, row in policies.items()),
            *(_unavailable(AUTHENTICATION, name, reason) for name in missing),
        ]

    def _settings(self) -> list[Policy]:
        """Settings of each account; which of them name its applications is not documented."""
        policies = []
        for account in self._accounts:
            row, reason = self._row("Get-HVEAccountSettings", account)
            policies.append(
                _policy(ACCOUNT_SETTINGS, account, account, row)
                if row
                else _unavailable(ACCOUNT_SETTINGS, account, reason or "the answer is empty")
            )
        return policies

    def _billing_policies(self) -> list[Policy]:
        """Billing policies for HVE. Whether the cmdlet works app-only is not documented: however
        it is refused, that counts as a missing permission.
        """
        try:
            rows = self._exchange.rows("Get-BillingPolicy", ResourceType="HVE")
        except RequestRefused as error:
            reason = error.message or str(error)
            needed = self._exchange.api.permission
            raise AuthError(f"Get-BillingPolicy: {reason}; needed: {needed}") from None
        return [
            _policy(BILLING_POLICY, _first(row, BILLING_IDS), _first(row, BILLING_NAMES), row)
            for row in rows
            if _first(row, BILLING_IDS)
        ]

    def _row(self, cmdlet: str, account: str) -> tuple[JsonObject, str | None]:
        """The account's row, or an empty one and Exchange's reason."""
        try:
            rows = self._exchange.rows(cmdlet, Identity=account)
        except RequestRefused as error:
            return {}, error.message or str(error)
        return (rows[0] if rows else {}), None

    def _name(self, policy: object) -> None:
        if policy:
            self._named.add(str(policy))


def _names(row: JsonObject) -> list[object]:
    """Everything that a reference to the policy may call it."""
    keys = ("Name", "Identity", "DistinguishedName", "Guid", "Id")
    return [row[key] for key in keys if row.get(key)]


def _first(row: JsonObject, names: Sequence[str]) -> str:
    """The first of these properties that has a value; empty when none has."""
    return next((str(row[name]) for name in names if row.get(name)), "")


def _policy(kind: str, object_id: str, name: object, values: JsonObject) -> Policy:
    shown = None if name is None else str(name)
    return Policy(kind, object_id, shown, document(values), source=SOURCE)


def _unavailable(kind: str, object_id: str, reason: str) -> Policy:
    return Policy(kind, object_id, object_id, unavailable_reason=reason, source=SOURCE)
