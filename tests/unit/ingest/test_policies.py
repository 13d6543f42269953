"""Policies: what is read, what counts as a change, and what a missing permission hides."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from hve_monitor.https import Client
from ingest.exchange.cmdlets import Exchange
from ingest.http import Api
from ingest.policies import allowed_app_ids, ingest_policies
from ingest.source import SourceResult
from tests.unit.ingest.conftest import NOW, Answer, Asked, Service, Tokens
from warehouse.records.accounts import Account
from warehouse.records.coverage import covered_windows
from warehouse.records.policies import Policy, newest_policies
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import POLICIES
from warehouse.windows import Window

USER_ID, GROUP, APP = "user-1", "group-1", "00000000-0000-0000-0000-0000000000b1"
HR = Account("hr@contoso.com", ("hr@contoso.com", "hr2@contoso.com"), external_id=USER_ID)
RULE = {
    "@odata.etag": "x",
    "id": "rule-1",
    "displayName": "Block legacy authentication",
    "state": "enabled",
    "conditions": {
        "clientAppTypes": ["other", "exchangeActiveSync"],
        "users": {"includeUsers": ["All"], "includeGroups": None, "excludeGroups": [GROUP]},
    },
    "grantControls": None,
}
MISSING = Answer(404, {"error": {"code": "NotFound", "message": "no such object"}})
FORBIDDEN = Answer(403, {"error": {"message": "Insufficient privileges"}})
Ingest = Callable[..., SourceResult]


class Tenant:
    """What the services answer; change it between reads."""

    def __init__(self) -> None:
        self.rules: list[dict[str, Any]] = [RULE]
        self.refused: set[str] = set()
        self.graph: dict[str, Answer] = {
            "identitySecurityDefaultsEnforcementPolicy": Answer(
                200, {"id": "1", "displayName": "Security Defaults", "isEnabled": True}
            ),
            "transitiveMembers": Answer(
                200,
                {
                    "value": [
                        {"id": USER_ID, "userPrincipalName": "hr@contoso.com"},
                        {"id": "user-9", "userPrincipalName": "anna@contoso.com"},
                        {"@odata.type": "#microsoft.graph.group", "id": "group-2"},
                    ]
                },
            ),
            USER_ID: Answer(
                200, {"id": USER_ID, "accountEnabled": True, "assignedLicenses": [{"skuId": "e3"}]}
            ),
            "applications": Answer(200, {"value": []}),
            "servicePrincipals": Answer(200, {"value": [{"id": "sp-1", "appId": APP}]}),
        }
        self.cmdlets: dict[str, list[dict[str, Any]]] = {
            "Get-OrganizationConfig": [{"Name": "contoso", "DefaultAuthenticationPolicy": None}],
            "Get-User": [{"Identity": "hr", "AuthenticationPolicy": "Allow SMTP"}],
            "Get-AuthenticationPolicy": [
                {"Name": "Block", "AllowBasicAuthSmtp": False, "Id@data.type": "x"},
                {"Name": "Allow SMTP", "AllowBasicAuthSmtp": True},
            ],
            "Get-HVEAccountSettings": [{"ReplyTo": None, "AppIds": [APP.upper(), "no id"]}],
            "Get-BillingPolicy": [{"BillingPolicyId": "b1", "Name": "HVE company"}],
        }

    def __call__(self, asked: Asked) -> Answer:
        if asked.method == "POST":
            name = asked.json["CmdletInput"]["CmdletName"]
            return FORBIDDEN if name in self.refused else Answer(200, {"value": self.cmdlets[name]})
        name = asked.path.rpartition("/")[2]
        if name in self.refused:
            return FORBIDDEN
        if asked.path.endswith("conditionalAccess/policies"):
            return Answer(200, {"value": self.rules})
        return self.graph.get(name, MISSING)


@pytest.fixture
def tenant(service: Service) -> Tenant:
    service.choose = Tenant()
    return service.choose


@pytest.fixture
def ingest(store: Store, client: Client, service: Service) -> Ingest:
    def call(
        accounts: tuple[Account, ...] = (HR,), *, exchange: bool = True, hours: int = 0
    ) -> SourceResult:
        apis = [Api(client, Tokens(), service.url, "scope", "nothing") for _ in range(2)]
        asked = Exchange(apis[1], "tenant-1") if exchange else None
        at = NOW + timedelta(hours=hours)
        return ingest_policies(store, "contoso", apis[0], asked, accounts, at)

    return call


def newest(store: Store) -> dict[tuple[str, str | None], Policy]:
    return newest_policies(store, "contoso")


def test_everything_is_read_once_and_kept(tenant: Tenant, ingest: Ingest, store: Store) -> None:
    result = ingest()
    assert (result.status, result.error) == ("ok", None)
    assert set(newest(store)) == {
        ("organization_config", "organization"),
        ("account_authentication", "hr@contoso.com"),
        ("authentication_policy", "Block"),
        ("authentication_policy", "Allow SMTP"),
        ("account_settings", "hr@contoso.com"),
        ("security_defaults", "tenant"),
        ("conditional_access", "rule-1"),
        ("group_members", GROUP),
        ("directory_user", "hr@contoso.com"),
        ("application", APP),
        ("billing_policy", "b1"),
    }
    assert result.rows_new == result.rows_read == 11
    again = ingest(hours=1)
    assert (again.rows_new, again.rows_changed, again.rows_unchanged) == (0, 0, 11)
    assert len(stored_rows(store, POLICIES, "contoso")) == 11


def test_documents_are_plain_sorted_json(tenant: Tenant, ingest: Ingest, store: Store) -> None:
    ingest()
    rule = newest(store)["conditional_access", "rule-1"]
    text = str(rule.document)
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    assert "@" not in text
    assert rule.content["conditions"]["clientAppTypes"] == ["exchangeActiveSync", "other"]
    assert rule.content["grantControls"] is None
    assert rule.name == "Block legacy authentication"
    policy = newest(store)["authentication_policy", "Block"]
    assert (policy.content, policy.source) == (
        {"AllowBasicAuthSmtp": False, "Name": "Block"},
        "exchange",
    )


def test_of_a_group_only_our_accounts_are_kept(
    tenant: Tenant, ingest: Ingest, store: Store
) -> None:
    ingest()
    members = newest(store)["group_members", GROUP]
    assert members.content == {"accounts": ["hr@contoso.com"]}
    assert not any("anna" in str(row) for row in stored_rows(store, POLICIES, "contoso"))


def test_licences_and_ends_of_credentials(tenant: Tenant, ingest: Ingest, store: Store) -> None:
    secret = {
        "keyId": "k1",
        "displayName": "sending",
        "hint": "abc",
        "endDateTime": "2026-12-01T00:00:00Z",
    }
    found = {"appId": APP, "displayName": "Orders", "passwordCredentials": [secret]}
    tenant.graph["applications"] = Answer(200, {"value": [found]})
    ingest()
    user = newest(store)["directory_user", "hr@contoso.com"]
    assert user.content["assignedLicenses"] == ["e3"]
    application = newest(store)["application", APP]
    assert application.name == "Orders"
    assert application.content["keyCredentials"] == []
    assert application.content["servicePrincipalId"] == "sp-1"
    (kept,) = application.content["passwordCredentials"]
    assert kept["endDateTime"] == "2026-12-01T00:00:00Z"
    assert "hint" not in kept
    assert allowed_app_ids(store, "contoso") == [APP]


def test_an_application_of_another_tenant_is_unavailable(
    tenant: Tenant, ingest: Ingest, store: Store
) -> None:
    ingest()
    assert "not registered" in str(newest(store)["application", APP].unavailable_reason)


def test_only_what_changed_is_written_again(tenant: Tenant, ingest: Ingest, store: Store) -> None:
    ingest()
    tenant.rules = [RULE | {"state": "disabled"}]
    later = ingest(hours=1)
    assert (later.rows_new, later.rows_changed, later.rows_unchanged) == (0, 1, 10)
    assert newest(store)["conditional_access", "rule-1"].content["state"] == "disabled"


def test_what_no_longer_exists_is_gone(tenant: Tenant, ingest: Ingest, store: Store) -> None:
    ingest()
    tenant.rules = []
    ingest(hours=1)
    assert newest(store)["conditional_access", "rule-1"].is_gone
    assert newest(store)["group_members", GROUP].is_gone
    assert ingest(hours=2).rows_changed == 0


def test_a_missing_permission_hides_its_part_alone(
    tenant: Tenant, ingest: Ingest, store: Store
) -> None:
    tenant.refused = {"policies", "Get-User"}
    result = ingest()
    assert (result.status, result.optional) == ("ok", True)
    assert "Get-User" in str(result.error)
    state = newest(store)
    assert "Policy.Read.All" in str(state["conditional_access", None].unavailable_reason)
    assert "Policy.Read.All" not in str(state["group_members", None].unavailable_reason)
    assert "unknown while Conditional Access" in str(
        state["group_members", None].unavailable_reason
    )
    assert ("directory_user", "hr@contoso.com") in state
    assert ("security_defaults", "tenant") in state


def test_a_permission_that_comes_back_ends_the_reason(
    tenant: Tenant, ingest: Ingest, store: Store
) -> None:
    ingest()
    tenant.refused = {USER_ID}
    ingest(hours=1)
    known = newest(store)["directory_user", "hr@contoso.com"]
    assert known.document is not None
    assert newest(store)["directory_user", None].unavailable_reason is not None
    tenant.refused = set()
    ingest(hours=2)
    assert newest(store)["directory_user", None].is_gone
    assert newest(store)["directory_user", "hr@contoso.com"] == known


def test_a_policy_name_that_leads_nowhere_is_told(
    tenant: Tenant, ingest: Ingest, store: Store
) -> None:
    tenant.cmdlets["Get-User"] = [{"AuthenticationPolicy": "Gone"}]
    ingest()
    missing = newest(store)["authentication_policy", "Gone"]
    assert missing.document is None
    assert "no authentication policy" in str(missing.unavailable_reason)


def test_a_property_that_does_not_come_is_unknown_not_null(
    tenant: Tenant, ingest: Ingest, store: Store
) -> None:
    tenant.cmdlets |= {"Get-User": [{"Identity": "hr"}], "Get-OrganizationConfig": [{}]}
    ingest()
    for key in (
        ("account_authentication", "hr@contoso.com"),
        ("organization_config", "organization"),
    ):
        assert newest(store)[key].document is None
        assert newest(store)[key].unavailable_reason


def test_an_account_that_the_directory_does_not_know(
    tenant: Tenant, ingest: Ingest, store: Store
) -> None:
    it = Account("it@contoso.com", ("it@contoso.com",))
    result = ingest((HR, it))
    assert result.status == "ok"
    assert newest(store)["directory_user", "it@contoso.com"].unavailable_reason == "does not exist"
    assert newest(store)["directory_user", "hr@contoso.com"].document is not None


def test_when_each_kind_was_read_is_remembered(
    tenant: Tenant, ingest: Ingest, store: Store
) -> None:
    tenant.refused = {"Get-User"}
    ingest()
    ingest(hours=1)
    assert covered_windows(store.state, "contoso", "policies", "conditional_access") == [
        Window(NOW, NOW + timedelta(hours=1))
    ]
    assert covered_windows(store.state, "contoso", "policies", "account_authentication") == []


ROLE_RULE = RULE | {
    "conditions": RULE["conditions"] | {"users": {"includeRoles": ["role-1"]}},  # type: ignore[operator] # a dict
}


@pytest.mark.parametrize(
    ("held", "roles"), [("role-1", {"roles": ["role-1"]}), (None, {})], ids=["shown", "hidden"]
)
def test_roles_are_read_where_a_rule_names_any(
    tenant: Tenant, ingest: Ingest, store: Store, held: str | None, roles: dict[str, object]
) -> None:
    ingest()
    assert ("directory_roles", HR.account) not in newest(store)
    tenant.rules = [ROLE_RULE]
    role = {"@odata.type": "#microsoft.graph.directoryRole", "id": "1", "roleTemplateId": held}
    group = {"@odata.type": "#microsoft.graph.group", "id": "2"}
    tenant.graph["transitiveMemberOf"] = Answer(200, {"value": [group, role]})
    ingest(hours=1)
    found = newest(store)["directory_roles", HR.account]
    assert found.content == roles
    assert held or "RoleManagement.Read.Directory" in str(found.unavailable_reason)


def test_a_billing_cmdlet_that_is_refused_fails_no_run(
    tenant: Tenant, ingest: Ingest, store: Store, service: Service
) -> None:
    def answer(asked: Asked) -> Answer:
        if (
            asked.method == "POST"
            and asked.json["CmdletInput"]["CmdletName"] == "Get-BillingPolicy"
        ):
            return Answer(400, {"error": {"message": "Failed to get SPO billing policies"}})
        return tenant(asked)

    service.choose = answer
    result = ingest()
    assert (result.status, result.optional) == ("ok", True)
    assert "SPO" in str(newest(store)["billing_policy", None].unavailable_reason)


def test_a_tenant_without_exchange_is_asked_for_the_directory_alone(
    tenant: Tenant, ingest: Ingest, service: Service
) -> None:
    ingest(exchange=False)
    assert {asked.method for asked in service.asked} == {"GET"}


def test_a_service_that_is_down_is_asked_no_further_and_fails_the_source(
    tenant: Tenant, ingest: Ingest, store: Store
) -> None:
    tenant.graph["identitySecurityDefaultsEnforcementPolicy"] = Answer(503)
    result = ingest()
    assert (result.status, result.optional, result.temporary) == ("partial", False, True)
    assert ("security_defaults", None) in newest(store)
    assert ("conditional_access", "rule-1") not in newest(store)
    assert ("authentication_policy", "Block") in newest(store)
