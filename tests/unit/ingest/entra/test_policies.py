"""Entra ID settings: where they are asked for, and with what."""

from __future__ import annotations

import pytest

from ingest.entra.policies import DirectoryPolicies
from ingest.http import Api
from tests.unit.ingest.conftest import Answer, Service
from warehouse.records.accounts import Account

BY_NAME = Account("o'hara@contoso.com", ("o'hara@contoso.com",))
BY_ID = Account("hr@contoso.com", ("hr@contoso.com",), external_id="user-1")


def rule(**users: list[str] | None) -> dict[str, object]:
    return {"id": "r", "conditions": {"users": users}}


def read(api: Api, kind: str, *accounts: Account, app_ids: tuple[str, ...] = ()) -> list[str]:
    """Object ids of a kind, read after what it depends on."""
    parts = DirectoryPolicies(api, accounts, app_ids).parts()
    found: list[str] = []
    for part in parts:
        if part.kind in ("conditional_access", kind):
            found = [str(policy.object_id) for policy in part.read()]
        if part.kind == kind:
            return found
    raise AssertionError(kind)


def test_groups_are_those_of_all_policies_each_once(api: Api, service: Service) -> None:
    rules = [
        rule(includeGroups=["g1"], excludeGroups=None),
        rule(excludeGroups=["g2", "g1"]),
        {"id": "r3", "conditions": None},
    ]
    service.choose = lambda asked: Answer(200, {"value": rules if "policies" in asked.path else []})
    assert read(api, "group_members") == ["g1", "g2"]
    assert [asked.path for asked in service.asked[1:]] == [
        "/v1.0/groups/g1/transitiveMembers",
        "/v1.0/groups/g2/transitiveMembers",
    ]
    assert service.asked[1].query == {"$select": ["id,userPrincipalName"]}


def test_users_are_asked_by_id_or_name(api: Api, service: Service) -> None:
    service.choose = lambda _: Answer(200, {"value": []})
    assert read(api, "directory_user", BY_ID, BY_NAME) == [BY_ID.account, BY_NAME.account]
    paths = [asked.path for asked in service.asked[1:]]
    assert paths == ["/v1.0/users/user-1", "/v1.0/users/o%27hara%40contoso.com"]


def test_applications_are_asked_by_app_id_without_secrets(api: Api, service: Service) -> None:
    service.choose = lambda _: Answer(200, {"value": []})
    assert read(api, "application", app_ids=("a1",)) == ["a1"]
    asked = service.asked[-1]
    assert asked.query["$filter"] == ["appId eq 'a1'"]
    assert asked.query["$select"] == ["appId,displayName,passwordCredentials,keyCredentials"]


@pytest.mark.parametrize(
    ("kind", "permission"),
    [
        ("security_defaults", "Policy.Read.All"),
        ("group_members", "GroupMember.ReadBasic.All"),
        ("directory_user", "User.Read.All"),
        ("application", "Application.Read.All"),
    ],
)
def test_every_part_names_its_least_permission(api: Api, kind: str, permission: str) -> None:
    parts = {part.kind: part for part in DirectoryPolicies(api, (), ()).parts()}
    assert permission in parts[kind].permission
