"""Conditional Access: every condition that decides, and what cannot be decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models.readiness.conditional_access import effect_of
from models.readiness.conditions import EXCHANGE_ONLINE, Person
from models.readiness.grants import unmet_demands
from tests.unit.models.readiness.conftest import policy

ME = "00000000-0000-0000-0000-0000000000a1"
PERSON = Person(ME, {"in": True, "out": False}, frozenset({"role-1"}))
BLOCK = {"operator": "OR", "builtInControls": ["block"]}


def effect(person: Person = PERSON, state: str = "enabled", **changes: Any) -> str:
    """What a policy that blocks everything does, with changed parts."""
    grant = changes.pop("grant", BLOCK)
    applications = changes.pop("applications", {"includeApplications": ["All"]})
    users = changes.pop("users", {"includeUsers": ["All"]})
    clients = changes.pop("clients", ["all"])
    conditions = {"clientAppTypes": clients, "applications": applications, "users": users}
    content = {"state": state, "grantControls": grant, "conditions": conditions | changes}
    return effect_of(policy("conditional_access", "r1", content, "Rule"), person).effect


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("enabled", "blocks"),
        ("enabledForReportingButNotEnforced", "reports"),
        ("disabled", "none"),
        ("somethingNew", "unknown"),
    ],
)
def test_report_only_and_disabled_are_told_apart(state: str, expected: str) -> None:
    assert effect(state=state) == expected


@pytest.mark.parametrize(
    ("clients", "expected"),
    [
        (["all"], "blocks"),
        (["exchangeActiveSync", "other"], "blocks"),
        (["exchangeActiveSync"], "none"),
        (["browser", "mobileAppsAndDesktopClients"], "none"),
        ([], "unknown"),
        (None, "unknown"),
    ],
)
def test_only_legacy_clients_and_all_hold_smtp(clients: list[str] | None, expected: str) -> None:
    assert effect(clients=clients) == expected


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ({"includeUsers": ["All"]}, "blocks"),
        ({"includeUsers": ["None"]}, "none"),
        ({"includeUsers": [ME.upper()]}, "blocks"),
        ({"includeUsers": ["someone-else"]}, "none"),
        ({"includeUsers": ["GuestsOrExternalUsers"]}, "none"),
        ({"includeGroups": ["in"]}, "blocks"),
        ({"includeGroups": ["out"]}, "none"),
        ({"includeGroups": ["never-read"]}, "unknown"),
        ({"includeRoles": ["role-1"]}, "blocks"),
        ({"includeRoles": ["role-2"]}, "none"),
        ({"includeUsers": ["All"], "excludeUsers": [ME]}, "none"),
        ({"includeUsers": ["All"], "excludeGroups": ["in"]}, "none"),
        ({"includeUsers": ["All"], "excludeGroups": ["out"]}, "blocks"),
        ({"includeUsers": ["All"], "excludeGroups": ["never-read"]}, "unknown"),
        ({"includeUsers": ["All"], "excludeGroups": ["never-read", "in"]}, "none"),
        ({"includeUsers": ["All"], "excludeRoles": ["role-1"]}, "none"),
        ({"includeGroups": ["out"], "excludeGroups": ["never-read"]}, "none"),
        ({}, "none"),
        ({"includeUsers": None, "includeGroups": None}, "none"),
    ],
)
def test_users_groups_roles_and_exclusions(users: dict[str, Any], expected: str) -> None:
    assert effect(users=users) == expected


def test_an_unknown_account_is_not_taken_for_another() -> None:
    stranger = Person(None, {}, None)
    assert effect(stranger, users={"includeUsers": [ME]}) == "unknown"
    assert effect(stranger, users={"includeUsers": ["All"], "excludeUsers": [ME]}) == "unknown"
    assert effect(stranger, users={"includeRoles": ["role-1"]}) == "unknown"
    assert effect(stranger, users={"includeUsers": ["All"]}) == "blocks"
    guest = replace(PERSON, is_guest=True)
    assert effect(guest, users={"includeUsers": ["GuestsOrExternalUsers"]}) == "blocks"
    external = {"guestOrExternalUserTypes": "b2bCollaborationGuest"}
    assert effect(guest, users={"includeGuestsOrExternalUsers": external}) == "blocks"
    assert effect(users={"includeGuestsOrExternalUsers": external}) == "none"


@pytest.mark.parametrize(
    ("applications", "expected"),
    [
        ({"includeApplications": ["All"]}, "blocks"),
        ({"includeApplications": ["Office365"]}, "blocks"),
        ({"includeApplications": [EXCHANGE_ONLINE]}, "blocks"),
        ({"includeApplications": ["MicrosoftAdminPortals"]}, "none"),
        ({"includeApplications": [], "includeUserActions": ["urn:user:registerdevice"]}, "none"),
        ({"includeApplications": ["All"], "excludeApplications": [EXCHANGE_ONLINE]}, "none"),
        ({"includeApplications": ["All"], "excludeApplications": ["Office365"]}, "none"),
        ({"includeApplications": ["All"], "excludeApplications": ["other"]}, "blocks"),
        ({"includeApplications": ["All"], "applicationFilter": {"rule": "x"}}, "unknown"),
    ],
)
def test_applications(applications: dict[str, Any], expected: str) -> None:
    assert effect(applications=applications) == expected


def device(mode: str, rule: str) -> dict[str, Any]:
    return {"devices": {"deviceFilter": {"mode": mode, "rule": rule}}}


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"platforms": {"includePlatforms": ["all"]}}, "blocks"),
        ({"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["windows"]}}, "blocks"),
        ({"platforms": {"includePlatforms": ["android", "iOS"]}}, "none"),
        ({"platforms": "strange"}, "unknown"),
        ({"locations": {"includeLocations": ["All"], "excludeLocations": []}}, "blocks"),
        (
            {"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}},
            "may_block",
        ),
        ({"locations": {"includeLocations": ["place-1"]}}, "may_block"),
        ({"signInRiskLevels": ["high"]}, "none"),
        ({"userRiskLevels": ["high"]}, "none"),
        ({"insiderRiskLevels": "elevated"}, "none"),
        ({"authenticationFlows": {"transferMethods": "deviceCodeFlow"}}, "none"),
        ({"authenticationFlows": {"transferMethods": "none"}}, "blocks"),
        (device("include", 'device.model -eq "x"'), "none"),
        (device("exclude", 'device.model -eq "x"'), "blocks"),
        (device("include", "device.isCompliant -ne True"), "blocks"),
        (device("exclude", "device.isCompliant -ne True"), "none"),
        (device("include", "a -eq 1 -or b -ne 2"), "unknown"),
    ],
)
def test_what_smtp_does_not_report(conditions: dict[str, Any], expected: str) -> None:
    assert effect(**conditions) == expected


@pytest.mark.parametrize(
    ("grant", "stops"),
    [
        (None, False),
        ({"operator": "OR", "builtInControls": []}, False),
        ({"operator": "OR", "builtInControls": ["block"]}, True),
        ({"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]}, True),
        ({"operator": "AND", "builtInControls": ["domainJoinedDevice"]}, True),
        ({"operator": "OR", "builtInControls": ["somethingNew"]}, True),
        ({"operator": "OR", "builtInControls": [], "termsOfUse": ["t1"]}, True),
        ({"operator": "OR", "builtInControls": [], "customAuthenticationFactors": ["f"]}, True),
        (
            {
                "operator": "OR",
                "builtInControls": [],
                "authenticationStrength": {"requirementsSatisfied": "mfa"},
            },
            True,
        ),
        (
            {
                "operator": "OR",
                "builtInControls": ["mfa"],
                "authenticationStrength": {"allowedCombinations": ["password"]},
            },
            False,
        ),
        (
            {
                "operator": "AND",
                "builtInControls": ["mfa"],
                "authenticationStrength": {"allowedCombinations": ["password"]},
            },
            True,
        ),
    ],
)
def test_demands_that_a_password_cannot_meet(grant: dict[str, Any] | None, stops: bool) -> None:
    assert bool(unmet_demands(grant)) is stops
    assert effect(grant=grant) == ("blocks" if stops else "none")


def test_the_reason_tells_what_and_whom() -> None:
    content = {
        "state": "enabled",
        "grantControls": {"operator": "AND", "builtInControls": ["mfa", "compliantDevice"]},
        "conditions": {
            "clientAppTypes": ["other"],
            "applications": {"includeApplications": ["All"]},
            "users": {"includeGroups": ["in"]},
        },
    }
    said = effect_of(policy("conditional_access", "r1", content, "Rule"), PERSON).text
    assert said == (
        "'Rule' demands a compliant device and demands multifactor authentication"
        " (legacy clients, members of group in)"
    )
