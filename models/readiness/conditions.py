"""Whether a Conditional Access policy applies to the sign-in of an HVE sender.

A sender with a password signs in over SMTP: an `other` client without device, platform, browser or
second factor, to Office 365 Exchange Online. What Entra ID makes of that is taken from the pages
on conditions; where they do not say, the answer is unknown.
Source: https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-conditions
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.readiness.decision import NO, YES, Decision, all_of, any_of

PolicyJson = Mapping[str, Any]
EXCHANGE_ONLINE = "00000002-0000-0ff1-ce00-000000000000"
TARGETS = {"all", "office365", EXCHANGE_ONLINE}
# Operators of a device filter; a device without properties fulfils the negative ones alone.
NEGATIVE = re.compile(r"-(ne|not\w+)\b", re.IGNORECASE)
POSITIVE = re.compile(r"-(eq|in|startsWith|endsWith|contains)\b", re.IGNORECASE)
NEVER_TRUE = 'the policy has no "{}" in the shape that Microsoft documents'


@dataclass(frozen=True)
class Person:
    """An account as Conditional Access sees it.

    groups: group id to whether the account is in it, also through other groups; None or absent is
    unknown. roles: template ids of its active roles; None is unknown.
    """

    object_id: str | None
    groups: Mapping[str, bool | None]
    roles: frozenset[str] | None
    is_guest: bool = False
    unknown_id: str = "the account's object id is unknown; needed: User.Read.All"
    unknown_roles: str = "the account's roles are unknown; needed: RoleManagement.Read.Directory"
    unknown_groups: str = "the members of group {} are unknown; needed: GroupMember.ReadBasic.All"


def applies(conditions: PolicyJson, person: Person) -> Decision:
    """Whether the policy is asked at all when the account signs in with its password."""
    return all_of(
        [
            _clients(conditions.get("clientAppTypes")),
            _targets(_part(conditions, "applications")),
            _flows(conditions.get("authenticationFlows")),
            _platforms(conditions.get("platforms")),
            _devices(conditions.get("devices")),
            _users(_part(conditions, "users"), person),
        ]
    )


def applies_to_workload(conditions: PolicyJson, principal: str | None, *, is_own: bool) -> Decision:
    """Whether a policy for workload identities is asked when an application takes a token.

    principal: object id of its service principal. is_own: whether it is registered here.
    """
    wanted = _part(conditions, "clientApplications")
    included, excluded = (
        {str(value).lower() for value in wanted.get(name) or []}
        for name in ("includeServicePrincipals", "excludeServicePrincipals")
    )
    if not included:
        return NO
    if wanted.get("servicePrincipalFilter"):
        return Decision(None, "it filters service principals by attributes, which are not read")
    if principal is None:
        return Decision(None, "the service principal is unknown; needed: Application.Read.All")
    meant = principal.lower() in included or ("serviceprincipalsinmytenant" in included and is_own)
    if not meant or principal.lower() in excluded:
        return NO
    return _targets(_part(conditions, "applications"))


def places(conditions: PolicyJson) -> str:
    """In words, on which places the policy depends; empty when it holds everywhere."""
    locations = conditions.get("locations")
    if not locations:
        return ""
    included, excluded = (
        _texts(locations, "includeLocations"),
        _texts(locations, "excludeLocations"),
    )
    if "All" in included and not excluded:
        return ""
    left_out = f" except {', '.join(excluded)}" if excluded else ""
    return f"only from the places {', '.join(included) or 'that it names'}{left_out}"


def risks(conditions: PolicyJson) -> str:
    """In words, at which risk the policy acts; empty when at any."""
    names = ("signInRiskLevels", "userRiskLevels", "servicePrincipalRiskLevels")
    levels = [level for name in names for level in _texts(conditions, name)]
    insider = conditions.get("insiderRiskLevels")
    levels += [f"insider {insider}"] if insider else []
    return f"only at the risk {', '.join(dict.fromkeys(levels))}" if levels else ""


def _clients(types: object) -> Decision:
    """`all` holds legacy clients too; SMTP with a password is `other`."""
    if not isinstance(types, list) or not types:
        return Decision(None, NEVER_TRUE.format("clientAppTypes"))
    clients = {str(value).lower() for value in types}
    if "all" in clients:
        return Decision(True, "all client types")
    return Decision(True, "legacy clients") if "other" in clients else NO


def _targets(applications: PolicyJson) -> Decision:
    included = {text.lower() for text in _texts(applications, "includeApplications")}
    excluded = {text.lower() for text in _texts(applications, "excludeApplications")}
    if not included & TARGETS or excluded & (TARGETS - {"all"}):
        return NO
    if applications.get("applicationFilter"):
        return Decision(None, "it filters applications by attributes, which are not read")
    return YES


def _flows(flows: object) -> Decision:
    """Device codes and transfers of a sign-in: SMTP uses neither."""
    if not isinstance(flows, Mapping):
        return YES
    methods = str(flows.get("transferMethods") or "none").lower()
    return YES if methods == "none" else NO


def _platforms(platforms: object) -> Decision:
    """A sender reports no platform: only `all` holds it, also where every known one is left out."""
    if not platforms:
        return YES
    if not isinstance(platforms, Mapping):
        return Decision(None, NEVER_TRUE.format("platforms"))
    if "all" in {text.lower() for text in _texts(platforms, "includePlatforms")}:
        return Decision(True, "any device platform, also an unknown one")
    return NO


def _devices(devices: object) -> Decision:
    """A device filter sees a device without properties."""
    rule = devices.get("deviceFilter") if isinstance(devices, Mapping) else None
    if not rule:
        return YES
    text, mode = str(rule.get("rule") or ""), str(rule.get("mode") or "").lower()
    negative, positive = bool(NEGATIVE.search(text)), bool(POSITIVE.search(text))
    if mode not in ("include", "exclude") or negative == positive:
        return Decision(None, "its device filter cannot be worked out")
    matches = negative
    return YES if matches == (mode == "include") else NO


def _users(users: PolicyJson, person: Person) -> Decision:
    included, excluded = (_meant(users, side, person) for side in ("include", "exclude"))
    if included.holds is False or excluded.holds:
        return NO
    undecided = [value for value in (excluded, included) if value.holds is None]
    return undecided[0] if undecided else included


def _meant(users: PolicyJson, side: str, person: Person) -> Decision:
    return any_of(
        [
            *(_one_user(text, person) for text in _texts(users, f"{side}Users")),
            _guests(users.get(f"{side}GuestsOrExternalUsers"), person),
            *(_group(text, person) for text in _texts(users, f"{side}Groups")),
            _roles(_texts(users, f"{side}Roles"), person),
        ]
    )


def _one_user(text: str, person: Person) -> Decision:
    if text.lower() == "all":
        return Decision(True, "all users")
    if text.lower() == "none":
        return NO
    if text.lower() == "guestsorexternalusers":
        return _guests(text, person)
    if person.object_id is None:
        return Decision(None, person.unknown_id)
    return (
        Decision(True, "this account by name") if text.lower() == person.object_id.lower() else NO
    )


def _guests(meant: object, person: Person) -> Decision:
    return Decision(True, "guests") if meant and person.is_guest else NO


def _group(group: str, person: Person) -> Decision:
    inside = person.groups.get(group)
    if inside is None:
        return Decision(None, person.unknown_groups.format(group))
    return Decision(True, f"members of group {group}") if inside else NO


def _roles(roles: list[str], person: Person) -> Decision:
    if not roles:
        return NO
    if person.roles is None:
        return Decision(None, person.unknown_roles)
    matching = sorted(set(roles) & person.roles)
    return Decision(True, f"holders of role {matching[0]}") if matching else NO


def _part(document: PolicyJson, name: str) -> PolicyJson:
    inner = document.get(name)
    return inner if isinstance(inner, Mapping) else {}


def _texts(document: PolicyJson, name: str) -> list[str]:
    inner = document.get(name)
    return [str(value) for value in inner] if isinstance(inner, list) else []
