from __future__ import annotations

import pytest

from simulator import SimulatedTenant
from simulator.world.conditional_access import DISABLED, ENABLED, REPORT_ONLY
from simulator.world.readiness import ALLOWING, REFUSING, AccessSettings
from tests.unit.simulator.conftest import NOW


@pytest.fixture(scope="module")
def drawn(tenant: SimulatedTenant) -> list[AccessSettings]:
    return [AccessSettings(seed, tenant.accounts, NOW) for seed in range(40)]


def test_every_outcome_occurs(drawn: list[AccessSettings]) -> None:
    rows = [row for readiness in drawn for row in readiness.truth()]
    assert {row["authentication_policy"] for row in rows} == {None, ALLOWING, REFUSING}
    for column in ("security_defaults", "basic_allowed", "basic_works"):
        assert {row[column] for row in rows} == {True, False}
    blockers = {name for row in rows for name in row["blocked_by"]}
    assert blockers == {
        "Block legacy authentication",
        "Require multifactor authentication",
        "Require a compliant device",
    }
    assert any(row["reported_by"] and not row["blocked_by"] for row in rows)


def test_the_policies_have_the_awkward_shapes(drawn: list[AccessSettings]) -> None:
    policies = [policy for readiness in drawn for policy in readiness.policies]
    assert {policy["state"] for policy in policies} == {ENABLED, REPORT_ONLY, DISABLED}
    grants = [policy["grantControls"] for policy in policies]
    assert None in grants
    assert any(grant and grant["authenticationStrength"] for grant in grants)
    assert any(policy["conditions"]["users"]["excludeGroups"] for policy in policies)
    assert any(policy["conditions"]["users"]["excludeUsers"] for policy in policies)


def test_security_defaults_exclude_enforced_policies(drawn: list[AccessSettings]) -> None:
    for readiness in drawn:
        if readiness.security_defaults:
            assert ENABLED not in {policy["state"] for policy in readiness.policies}
            assert not any(row["basic_works"] for row in readiness.truth())


def test_a_group_inside_the_group_excludes_too(drawn: list[AccessSettings]) -> None:
    readiness = drawn[0]
    outer, inner = readiness.groups
    assert inner in readiness.members(outer)
    assert set(readiness.members(inner)) < set(readiness.members(outer))


def test_credentials_end_before_soon_and_late(drawn: list[AccessSettings]) -> None:
    ends = sorted(
        credential["endDateTime"][:10]
        for application in drawn[0].applications
        for credential in [*application["passwordCredentials"], *application["keyCredentials"]]
    )
    assert ends[0] < "2026-11-24" < ends[1] < "2026-12-24" < ends[-1]
