"""Conditional Access policies: their shapes, and whether one stops a sender that uses Basic."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TypedDict

from simulator.mail.sends import Random

ENABLED, REPORT_ONLY, DISABLED = "enabled", "enabledForReportingButNotEnforced", "disabled"
_LEGACY_TEMPLATE = "0b2282f9-2862-4178-88b5-d79340b36cb8"
_ENOUGH_TO_BLOCK = {"block", "mfa", "compliantDevice", "domainJoinedDevice"}


class GrantControls(TypedDict):
    """What a policy demands."""

    operator: str
    builtInControls: list[str]
    customAuthenticationFactors: list[str]
    termsOfUse: list[str]
    authenticationStrength: dict[str, object] | None


class PolicyUsers(TypedDict):
    """Whom a policy means, by object id, group or role template."""

    includeUsers: list[str]
    excludeUsers: list[str]
    includeGroups: list[str]
    excludeGroups: list[str]
    includeRoles: list[str]
    excludeRoles: list[str]
    includeGuestsOrExternalUsers: None
    excludeGuestsOrExternalUsers: None


class PolicyConditions(TypedDict):
    """Which sign-ins a policy means; None is no condition."""

    clientAppTypes: list[str]
    platforms: dict[str, list[str]] | None
    locations: dict[str, list[str]] | None
    devices: None
    clientApplications: dict[str, list[str]] | None
    authenticationFlows: None
    insiderRiskLevels: None
    signInRiskLevels: list[str]
    userRiskLevels: list[str]
    servicePrincipalRiskLevels: list[str]
    applications: dict[str, list[str] | None]
    users: PolicyUsers


class ServedPolicy(TypedDict):
    """One `conditionalAccessPolicy`."""

    id: str
    displayName: str
    state: str
    templateId: str | None
    createdDateTime: str
    modifiedDateTime: str
    deletedDateTime: str | None
    conditions: PolicyConditions
    grantControls: GrantControls | None
    sessionControls: dict[str, object] | None


def draw_policies(
    random: Random, accounts: Sequence[str], group: str, *, may_enforce: bool
) -> list[ServedPolicy]:
    """Five policies with drawn states; `accounts` are object ids, `group` one of exclusions.

    With Security Defaults on (`may_enforce` false) no policy can be enabled.
    """
    drawn = [
        _legacy(random, _exclusions(random, accounts, group)),
        _multifactor(random, _exclusions(random, accounts, group)),
        session_policy(),
        _device(random),
        _location(random),
    ]
    if not may_enforce:
        for policy in drawn:
            policy["state"] = DISABLED if policy["state"] == ENABLED else policy["state"]
    return drawn


def covers(policy: ServedPolicy, account: str, groups: set[str]) -> bool:
    """Whether a policy applies to a Basic sign-in of an account that is in the groups."""
    conditions = policy["conditions"]
    users, clients = conditions["users"], set(conditions["clientAppTypes"])
    included = {"All", account} & set(users["includeUsers"]) or groups & set(users["includeGroups"])
    excluded = account in users["excludeUsers"] or groups & set(users["excludeGroups"])
    return bool(included) and not excluded and bool(clients & {"all", "other"})


def blocks_basic(policy: ServedPolicy) -> bool:
    """Whether its demands cannot be met by a user name and a password; a place may be trusted."""
    grant = policy["grantControls"]
    if grant is None or policy["conditions"]["locations"] is not None:
        return False
    return bool(_ENOUGH_TO_BLOCK & set(grant["builtInControls"]) or grant["authenticationStrength"])


def _exclusions(random: Random, accounts: Sequence[str], group: str) -> tuple[list[str], list[str]]:
    """(users, groups) that a policy leaves out: nobody, some accounts, the group, or both."""
    some = [account for account in accounts if random.random() < 0.4]
    way = int(random.integers(4))
    return (some if way & 1 else []), ([group] if way & 2 else [])


def _state(random: Random, enabled: float) -> str:
    rest = (1 - enabled) / 2
    return str(random.choice([ENABLED, REPORT_ONLY, DISABLED], p=[enabled, rest, rest]))


def _legacy(random: Random, exclusions: tuple[list[str], list[str]]) -> ServedPolicy:
    name, state = "Block legacy authentication", _state(random, 0.6)
    clients = ["exchangeActiveSync", "other"]
    policy = build_policy(name, state, clients, exclusions, grant_controls(["block"]))
    return {**policy, "templateId": _LEGACY_TEMPLATE}


def _multifactor(random: Random, exclusions: tuple[list[str], list[str]]) -> ServedPolicy:
    strength: dict[str, object] = {
        "id": "00000000-0000-0000-0000-000000000002",
        "displayName": "Multifactor authentication",
        "policyType": "builtIn",
        "requirementsSatisfied": "mfa",
        "allowedCombinations": ["password,microsoftAuthenticatorPush", "fido2"],
    }
    grant = grant_controls([], strength) if random.random() < 0.5 else grant_controls(["mfa"])
    state = _state(random, 0.4)
    return build_policy("Require multifactor authentication", state, ["all"], exclusions, grant)


def session_policy() -> ServedPolicy:
    policy = build_policy("Sign-in frequency", ENABLED, ["browser"], ([], []), None)
    frequency = {"isEnabled": True, "type": "hours", "value": 12, "frequencyInterval": "timeBased"}
    return {**policy, "sessionControls": {"signInFrequency": frequency, "cloudAppSecurity": None}}


def _device(random: Random) -> ServedPolicy:
    state = _state(random, 0.15)
    grant = grant_controls(["compliantDevice"])
    return build_policy("Require a compliant device", state, ["all"], ([], []), grant)


def _location(random: Random) -> ServedPolicy:
    state = _state(random, 0.2)
    policy = build_policy(
        "Block untrusted places", state, ["all"], ([], []), grant_controls(["block"])
    )
    places = {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}
    return {**policy, "conditions": {**policy["conditions"], "locations": places}}


def grant_controls(controls: list[str], strength: dict[str, object] | None = None) -> GrantControls:
    return {
        "operator": "OR",
        "builtInControls": controls,
        "customAuthenticationFactors": [],
        "termsOfUse": [],
        "authenticationStrength": strength,
    }


def build_policy(
    name: str,
    state: str,
    clients: list[str],
    exclusions: tuple[list[str], list[str]],
    grant: GrantControls | None,
) -> ServedPolicy:
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "displayName": name,
        "state": state,
        "templateId": None,
        "createdDateTime": "2025-09-24T12:59:05.2884951Z",
        "modifiedDateTime": "2025-10-05T16:20:33.7922016Z",
        "deletedDateTime": None,
        "conditions": _conditions(clients, *exclusions),
        "grantControls": grant,
        "sessionControls": None,
    }


def _conditions(clients: list[str], users: list[str], groups: list[str]) -> PolicyConditions:
    return {
        "clientAppTypes": clients,
        "platforms": None,
        "locations": None,
        "devices": None,
        "clientApplications": None,
        "authenticationFlows": None,
        "insiderRiskLevels": None,
        "signInRiskLevels": [],
        "userRiskLevels": [],
        "servicePrincipalRiskLevels": [],
        "applications": {
            "includeApplications": ["All"],
            "excludeApplications": [],
            "includeUserActions": [],
            "includeAuthenticationContextClassReferences": [],
            "applicationFilter": None,
        },
        "users": {
            "includeUsers": ["All"],
            "excludeUsers": users,
            "includeGroups": [],
            "excludeGroups": groups,
            "includeRoles": [],
            "excludeRoles": [],
            "includeGuestsOrExternalUsers": None,
            "excludeGuestsOrExternalUsers": None,
        },
    }
