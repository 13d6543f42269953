"""What the checks read: the last known state of a tenant, and what of it is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from warehouse.records.accounts import Account
from warehouse.records.billing import BillingPolicy
from warehouse.records.policies import Identity, Policy

# Kinds of raw.policies, and the permission that shows each.
PERMISSIONS = {
    "security_defaults": "Policy.Read.All",
    "conditional_access": "Policy.Read.All",
    "group_members": "GroupMember.ReadBasic.All",
    "directory_user": "User.Read.All",
    "directory_roles": "RoleManagement.Read.Directory",
    "application": "Application.Read.All",
    "organization_config": "Exchange.ManageAsApp",
    "account_authentication": "Exchange.ManageAsApp",
    "authentication_policy": "Exchange.ManageAsApp",
    "account_settings": "Exchange.ManageAsApp",
    "billing_policy": "Exchange.ManageAsApp",
}
SIGN_INS = "AuditLog.Read.All and Entra ID P1 or P2"


@dataclass(frozen=True)
class ReadinessSettings:
    """What the configuration says about the checks."""

    smtp: str = "smtp.hve.mx.microsoft:587"
    idle_days: int = 60
    ending_days: int = 30


@dataclass(frozen=True)
class SignInFacts:
    """Sign-ins of one account, or of one application, in the days that the log keeps.

    is_read: whether the log was read at all. Basic means SMTP with a password that was right.
    """

    is_read: bool = False
    last_basic_at: datetime | None = None
    basic_sources: tuple[str, ...] = ()
    last_success_at: datetime | None = None
    last_failed_smtp_at: datetime | None = None
    last_blocked_at: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """One tenant as it is known at `now`.

    former: accounts that were listed, and since when they are not.
    read_at: when each kind of policy was last read completely; a kind that never was is absent.
    last_sent: day of the last recipient of each account. read_since: start of the unbroken time up
    to now in which every address of an account was read; absent where it is not read up to now.
    """

    tenant: str
    now: datetime
    accounts: tuple[Account, ...]
    former: Mapping[str, datetime] = field(default_factory=dict)
    policies: Mapping[Identity, Policy] = field(default_factory=dict)
    read_at: Mapping[str, datetime] = field(default_factory=dict)
    billing: Mapping[str, BillingPolicy] = field(default_factory=dict)
    last_sent: Mapping[str, date] = field(default_factory=dict)
    read_since: Mapping[str, datetime] = field(default_factory=dict)
    sign_ins: Mapping[str, SignInFacts] = field(default_factory=dict)
    client_id: str = ""
    sending_apps: tuple[str, ...] = ()
    credential: str = ""  # secret, certificate, federated or managed; empty for files
    settings: ReadinessSettings = ReadinessSettings()

    def trouble(self, kind: str) -> str | None:
        """Why nothing is known of a kind, in words; None when its last reading succeeded."""
        whole = self.policies.get((kind, None))
        if whole is not None and whole.unavailable_reason:
            return whole.unavailable_reason
        if kind in self.read_at:
            return None
        return (
            f"{kind.replace('_', ' ')} was never read; needed: {PERMISSIONS[kind]}"
            + ("" if PERMISSIONS[kind] != "Exchange.ManageAsApp" else " or 'hve collect'")
            + ", then 'hve ingest policies'"
        )

    def all_of(self, kind: str) -> list[Policy]:
        """Every object of a kind that exists, by name."""
        policies = [
            policy
            for (policy_kind, object_id), policy in self.policies.items()
            if policy_kind == kind and object_id is not None and not policy.is_gone
        ]
        return sorted(policies, key=lambda policy: (policy.name or "", policy.object_id or ""))

    def one(self, kind: str, object_id: str) -> Policy | str:
        """The object with a document, or the reason why it is unknown."""
        reason = self.trouble(kind)
        if reason is not None:
            return reason
        policy = self.policies.get((kind, object_id))
        if policy is None or policy.is_gone:
            return f"{kind.replace('_', ' ')} of {object_id} was not found"
        if policy.document is None:
            return f"{kind.replace('_', ' ')} of {object_id}: {policy.unavailable_reason}"
        return policy

    def is_missing(self, account: str) -> bool:
        """Whether the directory said that it has no such user."""
        user = self.policies.get(("directory_user", account))
        reason = "" if user is None else user.unavailable_reason or ""
        return self.trouble("directory_user") is None and "HTTP 404" in reason

    def signed_in(self, subject: str) -> SignInFacts:
        """Sign-ins of an account or application."""
        return self.sign_ins.get(subject, SignInFacts())

    def object_id(self, account: Account) -> str | None:
        """The account's id in the directory."""
        user = self.one("directory_user", account.account)
        external_id = None if isinstance(user, str) else user.content.get("id")
        return account.external_id or (str(external_id) if external_id else None)

    def allowed_apps(self, account: str) -> list[str] | str:
        """Ids of the applications that may send for an account, or why they are unknown."""
        settings = self.one("account_settings", account)
        if isinstance(settings, str):
            return settings
        if settings.app_ids is None:
            return "Get-HVEAccountSettings shows no list of applications"
        return list(settings.app_ids)

    def is_unregistered(self, app: str) -> bool:
        """Whether Entra ID said that it has no such application."""
        application = self.policies.get(("application", app))
        reason = "" if application is None else application.unavailable_reason or ""
        return self.trouble("application") is None and "not registered" in reason

    def senders_of(self, account: str) -> list[str]:
        """Applications that may send for an account as far as anything says so."""
        listed = self.allowed_apps(account)
        known = [] if isinstance(listed, str) else listed
        return list(dict.fromkeys([*known, *self.sending_apps]))

    def sending_applications(self) -> list[str]:
        """Every application that may send for some account.

        One that is allowed but not registered here is left out: the list of applications tells it.
        """
        apps = {app: None for account in self.accounts for app in self.senders_of(account.account)}
        return [app for app in apps if app in self.sending_apps or not self.is_unregistered(app)]
