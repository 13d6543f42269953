"""Settings of the tenant that let a sender in or keep it out, drawn per seed.

Over a few seeds every outcome occurs: Security Defaults on and off, Basic allowed or refused by
the account's, the organisation's or no policy, and enforced, reporting or excluding rules of
Conditional Access. The settings do not influence the traffic.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict

import numpy as np

from simulator.mail.account import Account
from simulator.mail.sends import Random
from simulator.world.conditional_access import (
    ENABLED,
    REPORT_ONLY,
    ServedPolicy,
    blocks_basic,
    covers,
    draw_policies,
)

ALLOWING, REFUSING = "Allow Basic for HVE", "Block Basic Auth"
# The protocols of an authentication policy beside SMTP.
_PROTOCOLS = (
    *("ActiveSync", "Autodiscover", "Imap", "Mapi", "OfflineAddressBook", "OutlookService"),
    *("Pop", "Powershell", "ReportingWebServices", "Rpc", "WebServices"),
)
# Days after the first clock on which a secret and a certificate of an application end.
_LIFETIMES = ((9, None), (-12, 400), (170, None), (None, 25))
# Kinds of senders that moved to OAuth, and the application of each.
_MODERN = {"ticketing": 2, "batch": 3}
_APPLICATIONS = ("HVE sender orders", "HVE sender alerts", "HVE sender crm", "HVE sender reports")


Credential = dict[str, str | None]


class Application(TypedDict):
    """A registered application with its secrets and certificates."""

    id: str
    appId: str
    displayName: str
    signInAudience: str
    createdDateTime: str
    passwordCredentials: list[Credential]
    keyCredentials: list[Credential]


class BasicAccess(TypedDict):
    """What a checklist must find for Basic authentication of one account.

    `basic_works` is the conclusion from Security Defaults, the authentication policy in force and
    the enforced policies of Conditional Access.
    """

    account: str
    object_id: str
    security_defaults: bool
    authentication_policy: str | None
    basic_allowed: bool
    blocked_by: list[str]
    reported_by: list[str]
    basic_works: bool


class AccessSettings:
    """All drawn settings; `policies`, `groups` and `applications` as the services show them."""

    def __init__(self, seed: int, accounts: Sequence[Account], now: datetime) -> None:
        random = np.random.default_rng([seed, 31])
        self._accounts = accounts
        self.security_defaults = bool(random.random() < 0.25)
        self.default_policy = _draw_name(random, 0.5)
        self.account_policies = {account.primary: _draw_name(random, 0.55) for account in accounts}
        self.smtp_auth_disabled = bool(random.random() < 0.5)
        self.groups = _draw_groups(random, accounts)
        ids = [account.object_id for account in accounts]
        self.policies: list[ServedPolicy] = draw_policies(
            random, ids, next(iter(self.groups)), may_enforce=not self.security_defaults
        )
        self.applications = [_application(random, at, now) for at in range(len(_APPLICATIONS))]
        self.own_application = _own_application(random, now)
        # Further settings per primary address; an account that uses no Basic signs in by OAuth.
        self.allowed_apps = {account.primary: self._allowed(account) for account in accounts}
        self.without_basic = {account.primary for account in accounts if account.kind in _MODERN}
        self.licences: dict[str, list[str]] = {}
        self.roles: dict[str, list[str]] = {}
        self.disabled: set[str] = set()
        self.is_attacked = True  # whether passwords are guessed before a burst

    def _allowed(self, account: Account) -> list[str]:
        """Ids of the applications that may send for an account: some kinds of senders have one."""
        at = _MODERN.get(account.kind)
        return [] if at is None else [self.applications[at]["appId"]]

    def members(self, group: str) -> list[str]:
        """Object ids of everything in a group, through the groups inside it, each once."""
        members: dict[str, None] = {}
        for member in self.groups[group]:
            members[member] = None
            if member in self.groups:
                members.update(dict.fromkeys(self.members(member)))
        return list(members)

    def groups_of(self, account: Account) -> set[str]:
        """Groups that an account is in, directly or not."""
        return {group for group in self.groups if account.object_id in self.members(group)}

    def effective_policy(self, account: Account) -> str | None:
        """Name of the authentication policy in force; None when neither level has one."""
        return self.account_policies[account.primary] or self.default_policy

    def matching(self, account: Account, state: str) -> list[ServedPolicy]:
        """Policies of Conditional Access in a state that would stop the account's Basic sign-in."""
        groups = self.groups_of(account)
        return [
            policy
            for policy in self.policies
            if policy["state"] == state
            and blocks_basic(policy)
            and covers(policy, account.object_id, groups)
        ]

    def truth(self) -> list[BasicAccess]:
        """What a checklist must find, per account."""
        return [self._basic_access(account) for account in self._accounts]

    def _basic_access(self, account: Account) -> BasicAccess:
        policy = self.effective_policy(account)
        blocking = [rule["displayName"] for rule in self.matching(account, ENABLED)]
        allowed = policy != REFUSING
        return {
            "account": account.primary,
            "object_id": account.object_id,
            "security_defaults": self.security_defaults,
            "authentication_policy": policy,
            "basic_allowed": allowed,
            "blocked_by": blocking,
            "reported_by": [rule["displayName"] for rule in self.matching(account, REPORT_ONLY)],
            "basic_works": allowed and not blocking and not self.security_defaults,
        }


def authentication_policies() -> list[dict[str, object]]:
    """Both authentication policies as the cmdlet writes them."""
    return [
        {
            "Identity": name,
            "Name": name,
            **{f"AllowBasicAuth{protocol}": False for protocol in _PROTOCOLS},
            "AllowBasicAuthSmtp": name == ALLOWING,
        }
        for name in (REFUSING, ALLOWING)
    ]


def _draw_name(random: Random, none: float) -> str | None:
    draw = float(random.random())
    if draw < none:
        return None
    return ALLOWING if draw < none + (1 - none) / 2 else REFUSING


def _draw_groups(random: Random, accounts: Sequence[Account]) -> dict[str, list[str]]:
    """Members by group: the first group holds some accounts and the second group."""
    outer, inner = (str(uuid.UUID(bytes=random.bytes(16), version=4)) for _ in range(2))
    chosen = [account.object_id for account in accounts if random.random() < 0.5]
    half = len(chosen) // 2
    return {outer: [*chosen[:half], inner], inner: chosen[half:]}


def _application(random: Random, at: int, now: datetime) -> Application:
    """A sending application with its credentials; times count from the tenant's first clock."""
    secret, certificate = _LIFETIMES[at]
    ids = [str(uuid.UUID(bytes=random.bytes(16), version=4)) for _ in range(4)]
    return {
        "id": ids[0],
        "appId": ids[1],
        "displayName": _APPLICATIONS[at],
        "signInAudience": "AzureADMyOrg",
        "createdDateTime": _stamp(now - timedelta(days=300)),
        "passwordCredentials": [] if secret is None else [build_secret(ids[2], now, secret)],
        "keyCredentials": []
        if certificate is None
        else [build_certificate(ids[3], now, certificate)],
    }


def _own_application(random: Random, now: datetime) -> Application:
    """The application that reads this tenant; whoever sets up the tenant gives it its appId."""
    own = _application(random, 2, now)
    return {**own, "displayName": "hve-monitor"}


def build_secret(key: str, now: datetime, days: int) -> Credential:
    return {
        "customKeyIdentifier": None,
        "displayName": "sending",
        "hint": "sim",
        "secretText": None,
        **_life(key, now, days),
    }


def build_certificate(key: str, now: datetime, days: int) -> Credential:
    return {
        "customKeyIdentifier": key.replace("-", "").upper(),
        "displayName": "CN=hve.contoso.com",
        "key": None,
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        **_life(key, now, days),
    }


def _life(key: str, now: datetime, days: int) -> Credential:
    end = now + timedelta(days=days)
    start = end - timedelta(days=730)
    return {"keyId": key, "startDateTime": _stamp(start), "endDateTime": _stamp(end)}


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
