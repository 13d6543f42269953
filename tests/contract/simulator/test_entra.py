"""Sign-ins, policies and directory objects of the simulated tenant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulator import SimulatedTenant, serve
from simulator.world.access import (
    APPLICATIONS,
    CMDLETS,
    EVERYTHING,
    MEMBERS,
    POLICIES,
    ROLES,
    TRACES,
)
from simulator.world.readiness import REFUSING
from tests.contract.simulator.test_serving import Client, Json, small

pytestmark = pytest.mark.contract

SIGN_INS = "/v1.0/auditLogs/signIns"
DEFAULTS = "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy"
RULES = "/v1.0/identity/conditionalAccess/policies"


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    """A client of a tenant whose clock stays at `NOW`."""
    with serve(small(other_senders=2)) as server:
        api = Client(server)
        yield api
        api.http.close()


@pytest.fixture
def client(shared: Client) -> Iterator[Client]:
    """The shared client; switches are put back afterwards."""
    yield shared
    shared.server.tenant.premium = True
    shared.server.tenant.granted = set(EVERYTHING)


def code(answer: object) -> tuple[int, str]:
    status: int = answer.status_code  # type: ignore[attr-defined] # an httpx.Response
    error: Json = answer.json()["error"]  # type: ignore[attr-defined] # the same
    return status, error["code"]


def test_sign_ins_come_newest_first_in_pages(client: Client) -> None:
    whole = client.get(SIGN_INS).json()["value"]
    answer = client.get(SIGN_INS, top="100").json()
    rows = answer["value"]
    while "@odata.nextLink" in answer:
        answer = client.http.get(answer["@odata.nextLink"], headers=client.headers).json()
        rows += answer["value"]
    assert rows == whole
    times = [row["createdDateTime"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert "signInEventTypes" not in rows[0]
    assert client.get(SIGN_INS, top="1001").status_code == 400


def test_sign_ins_of_an_account(client: Client) -> None:
    account = client.server.tenant.accounts[2]
    text = f"userId eq '{account.object_id}' and createdDateTime ge 2026-11-20T00:00:00Z"
    rows = client.get(SIGN_INS, filter=text).json()["value"]
    assert rows
    assert {row["userPrincipalName"] for row in rows} == {account.primary}
    assert min(row["createdDateTime"] for row in rows) >= "2026-11-20"


def test_service_principals_show_in_beta_alone(client: Client) -> None:
    text = "signInEventTypes/any(t: t eq 'servicePrincipal')"
    refused = client.get(SIGN_INS, filter=text)
    assert refused.status_code == 400
    assert "Could not find a property named 'signInEventTypes'" in refused.text
    rows = client.get("/beta/auditLogs/signIns", filter=text).json()["value"]
    assert {row["signInEventTypes"][0] for row in rows} == {"servicePrincipal"}
    assert len(rows) == 1_000


def test_without_a_licence_there_are_no_sign_ins(client: Client) -> None:
    client.server.tenant.premium = False
    answer = client.get(SIGN_INS)
    assert code(answer) == (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")
    assert "premium license" in answer.json()["error"]["message"]


def test_a_checklist_can_be_answered_from_the_services(client: Client) -> None:
    tenant = client.server.tenant
    default = client.invoke("Get-OrganizationConfig").json()["value"][0]
    enabled = client.get(DEFAULTS).json()["isEnabled"]
    for expected in tenant.readiness.truth():
        user = client.invoke("Get-User", Identity=expected["account"]).json()["value"][0]
        name = user["AuthenticationPolicy"] or default["DefaultAuthenticationPolicy"]
        assert name == expected["authentication_policy"]
        assert enabled == expected["security_defaults"]
    assert client.get(RULES).json()["value"] == tenant.readiness.policies


def test_a_wrong_name_gives_all_authentication_policies(client: Client) -> None:
    one = client.invoke("Get-AuthenticationPolicy", Identity=REFUSING).json()["value"]
    assert [row["AllowBasicAuthSmtp"] for row in one] == [False]
    wrong = client.invoke("Get-AuthenticationPolicy", Identity="none such").json()["value"]
    assert len(wrong) == 2
    assert client.invoke("Get-AuthenticationPolicy").json()["value"] == wrong
    transport = client.invoke("Get-TransportConfig").json()["value"][0]
    assert isinstance(transport["SmtpClientAuthenticationDisabled"], bool)
    assert client.invoke("Get-User", Identity="nobody@contoso.com").status_code == 404


def test_members_of_members_are_members(client: Client) -> None:
    readiness = client.server.tenant.readiness
    outer, inner = readiness.groups
    path = f"/v1.0/groups/{outer}/transitiveMembers"
    answer = client.get(path, select="id,userPrincipalName", top="2").json()
    rows = answer["value"]
    while "@odata.nextLink" in answer:
        answer = client.http.get(answer["@odata.nextLink"], headers=client.headers).json()
        rows += answer["value"]
    assert {row["id"] for row in rows} == set(readiness.members(outer))
    kinds = {row["id"]: row["@odata.type"] for row in rows}
    assert kinds[inner] == "#microsoft.graph.group"
    assert client.get("/v1.0/groups/none/transitiveMembers").status_code == 404
    assert client.get(path, top="0").status_code == 400


def test_users_and_applications(client: Client) -> None:
    account = client.server.tenant.accounts[0]
    by_name = client.get(f"/v1.0/users/{account.primary}").json()
    assert client.get(f"/v1.0/users/{account.object_id}").json() == by_name
    assert by_name["accountEnabled"] is True
    assert code(client.get("/v1.0/users/none@contoso.com")) == (404, "Request_ResourceNotFound")
    applications = client.get("/v1.0/applications").json()["value"]
    first = applications[0]
    assert first["passwordCredentials"][0]["endDateTime"].startswith("2026-12-03")
    filtered = client.get("/v1.0/servicePrincipals", filter=f"appId eq '{first['appId']}'")
    assert [row["displayName"] for row in filtered.json()["value"]] == [first["displayName"]]
    assert client.get(f"/v1.0/applications/{first['id']}").json()["appId"] == first["appId"]
    assert client.get("/v1.0/applications/none").status_code == 404


def test_a_missing_permission_is_named_by_nobody(client: Client) -> None:
    paths = {POLICIES: RULES, APPLICATIONS: "/v1.0/applications", MEMBERS: "/v1.0/groups/x/"}
    paths[MEMBERS] += "transitiveMembers"
    for permission, path in paths.items():
        client.server.tenant.granted = EVERYTHING - {permission}
        assert code(client.get(path)) == (403, "Authorization_RequestDenied")
    client.server.tenant.granted = EVERYTHING - {TRACES, CMDLETS}
    assert code(client.traces()) == (403, "Authorization_RequestDenied")
    assert client.invoke("Get-OrganizationConfig").status_code == 401
    assert client.get(RULES).status_code == 200


def test_names_of_policies_need_their_own_permission() -> None:
    tenant = next(
        candidate
        for candidate in (small(seed=seed, days=6) for seed in range(20))
        if blocked(candidate)
    )
    with serve(tenant) as server:
        api = Client(server)
        text = "status/errorCode eq 53003"
        rows = api.get(SIGN_INS, filter=text).json()["value"]
        assert rows
        assert all(row["appliedConditionalAccessPolicies"] for row in rows)
        tenant.granted.discard(POLICIES)
        rows = api.get(SIGN_INS, filter=text).json()["value"]
        assert not any(row["appliedConditionalAccessPolicies"] for row in rows)
        api.http.close()


def blocked(tenant: SimulatedTenant) -> bool:
    return any(row["blocked_by"] for row in tenant.readiness.truth())


def test_roles_of_an_account_are_hidden_without_their_permission(client: Client) -> None:
    tenant = client.server.tenant
    account = tenant.accounts[1]
    tenant.readiness.roles[account.primary] = ["role-1"]
    path = f"/v1.0/users/{account.object_id}/transitiveMemberOf"
    kind = "#microsoft.graph.directoryRole"

    def roles() -> list[object]:
        rows = client.get(path).json()["value"]
        return [row["roleTemplateId"] for row in rows if row["@odata.type"] == kind]

    assert roles() == ["role-1"]
    tenant.granted.discard(ROLES)
    assert roles() == [None]
    assert client.get("/v1.0/users/nobody/transitiveMemberOf").status_code == 404
    tenant.readiness.roles.clear()
