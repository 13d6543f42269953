"""Entra ID settings that let HVE accounts in or keep them out.

Source: Microsoft Graph v1.0: identitySecurityDefaultsEnforcementPolicy, conditionalAccess/policies,
groups/transitiveMembers, users, users/transitiveMemberOf, applications, servicePrincipals.
Conditional Access takes one request a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

import msgspec

from hve_monitor.errors import AuthError
from ingest.http import Api, JsonObject, RequestRefused, objects_in
from ingest.linked_pages import address, linked_pages
from ingest.policy_part import Part, document
from warehouse.records.accounts import Account
from warehouse.records.policies import Policy

SOURCE = "graph"
SECURITY_DEFAULTS = "security_defaults"
CONDITIONAL_ACCESS = "conditional_access"
GROUP_MEMBERS = "group_members"
USER = "directory_user"
ROLES = "directory_roles"
APPLICATION = "application"
PERMISSION = "Microsoft Graph application permission {name} with admin consent"
DEFAULTS_PATH = "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy"
CONDITIONAL_PATH = "/v1.0/identity/conditionalAccess/policies"
USER_FIELDS = ("id", "userPrincipalName", "accountEnabled", "userType", "assignedLicenses")
CREDENTIALS = ("passwordCredentials", "keyCredentials")
DIRECTORY_ROLE = "#microsoft.graph.directoryRole"
NOT_FOUND = 404


class ObjectPage(msgspec.Struct):
    """One page of directory objects."""

    value: list[JsonObject]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class DirectoryPolicies:
    """Reads the parts in order: the groups are those that Conditional Access names."""

    def __init__(self, api: Api, accounts: Sequence[Account], app_ids: Sequence[str]) -> None:
        self._api, self._accounts, self._app_ids = api, accounts, app_ids
        self._rules: list[JsonObject] | None = None

    def parts(self) -> list[Part]:
        """What can be read."""
        return [
            self._part(SECURITY_DEFAULTS, "Policy.Read.All", self._security_defaults),
            self._part(CONDITIONAL_ACCESS, "Policy.Read.All", self._conditional_access),
            self._part(GROUP_MEMBERS, "GroupMember.ReadBasic.All", self._group_members),
            self._part(USER, "User.Read.All", self._users),
            self._part(ROLES, "RoleManagement.Read.Directory", self._roles),
            self._part(APPLICATION, "Application.Read.All", self._applications),
        ]

    def _part(self, kind: str, permission: str, read: Callable[[], list[Policy]]) -> Part:
        return Part(kind, SOURCE, PERMISSION.format(name=permission), self._api, read)

    def _security_defaults(self) -> list[Policy]:
        values = self._object(self._api.base + DEFAULTS_PATH, SECURITY_DEFAULTS)
        return [_policy(SECURITY_DEFAULTS, "tenant", values.get("displayName"), values)]

    def _conditional_access(self) -> list[Policy]:
        rules = list(self._objects(self._api.base + CONDITIONAL_PATH, CONDITIONAL_ACCESS))
        self._rules = rules
        return [
            _policy(CONDITIONAL_ACCESS, str(rule.get("id")), rule.get("displayName"), rule)
            for rule in rules
        ]

    def _group_members(self) -> list[Policy]:
        """HVE accounts in every group that Conditional Access includes or excludes."""
        rules = self._rules_for("groups")
        return [self._group(group) for group in _named(rules, ("includeGroups", "excludeGroups"))]

    def _rules_for(self, what: str) -> list[JsonObject]:
        if self._rules is None:
            raise AuthError(
                f"which {what} matter is unknown while Conditional Access cannot be read;"
                f" needed: {self._api.permission}"
            )
        return self._rules

    def _group(self, group: str) -> Policy:
        """The accounts alone: who else is in a group is nobody's business here."""
        path = f"{self._api.base}/v1.0/groups/{quote(group)}/transitiveMembers"
        url = address(path, {"$select": "id,userPrincipalName"})
        try:
            members = [self._account_of(row) for row in self._objects(url, f"members of {group}")]
        except RequestRefused as error:
            return _unavailable(GROUP_MEMBERS, group, error)
        accounts = [member for member in members if member is not None]
        return _policy(GROUP_MEMBERS, group, None, {"accounts": accounts})

    def _account_of(self, row: JsonObject) -> str | None:
        principal = str(row.get("userPrincipalName") or "").lower()
        for account in self._accounts:
            if row.get("id") == account.external_id or principal in account.addresses:
                return account.account
        return None

    def _users(self) -> list[Policy]:
        return [self._user(account) for account in self._accounts]

    def _user(self, account: Account) -> Policy:
        path = f"{self._api.base}/v1.0/users/{quote(account.external_id or account.account)}"
        url = address(path, {"$select": ",".join(USER_FIELDS)})
        try:
            user = self._object(url, f"user {account.account}")
        except RequestRefused as error:
            return _unavailable(USER, account.account, error)
        values = {name: user[name] for name in USER_FIELDS if name in user}
        if "assignedLicenses" in user:
            licences = objects_in(user["assignedLicenses"])
            values["assignedLicenses"] = [str(licence.get("skuId")) for licence in licences]
        return _policy(USER, account.account, user.get("userPrincipalName"), values)

    def _roles(self) -> list[Policy]:
        """Roles that each account holds, where Conditional Access asks for any."""
        named = _named(self._rules_for("roles"), ("includeRoles", "excludeRoles"))
        return [self._roles_of(account) for account in self._accounts] if named else []

    def _roles_of(self, account: Account) -> Policy:
        """Active roles, also those that come through a group.

        Without the permission Graph lists a role without its properties: then they are unknown.
        """
        key = quote(account.external_id or account.account)
        path = f"{self._api.base}/v1.0/users/{key}/transitiveMemberOf"
        url = address(path, {"$select": "id,roleTemplateId"})
        try:
            rows = list(self._objects(url, f"roles of {account.account}"))
        except RequestRefused as error:
            return _unavailable(ROLES, account.account, error)
        roles_held = [row for row in rows if row.get("@odata.type") == DIRECTORY_ROLE]
        if not all(row.get("roleTemplateId") for row in roles_held):
            reason = f"Graph hides which roles these are; needed: {self._api.permission}"
            return Policy(ROLES, account.account, unavailable_reason=reason, source=SOURCE)
        roles = sorted(str(row["roleTemplateId"]) for row in roles_held)
        return _policy(ROLES, account.account, account.account, {"roles": roles})

    def _applications(self) -> list[Policy]:
        return [self._application(app_id) for app_id in self._app_ids]

    def _application(self, app_id: str) -> Policy:
        """Name of the application, when its credentials end, and the id that workload policies
        call it by; no secret is read.
        """
        fields = ",".join(("appId", "displayName", *CREDENTIALS))
        query = {"$filter": f"appId eq '{app_id}'", "$select": fields}
        url = address(f"{self._api.base}/v1.0/applications", query)
        application = next(self._objects(url, f"application {app_id}"), None)
        if application is None:
            reason = "the application is not registered in this tenant"
            return Policy(APPLICATION, app_id, unavailable_reason=reason)
        ends: JsonObject = {name: _ends(application.get(name)) for name in CREDENTIALS}
        principal = self._principal(app_id)
        values = ends | {"servicePrincipalId": principal}
        return _policy(APPLICATION, app_id, application.get("displayName"), values)

    def _principal(self, app_id: str) -> str | None:
        query = {"$filter": f"appId eq '{app_id}'", "$select": "id,appId"}
        url = address(f"{self._api.base}/v1.0/servicePrincipals", query)
        principal = next(self._objects(url, f"service principal of {app_id}"), None)
        return str(principal["id"]) if principal and principal.get("id") else None

    def _object(self, url: str, where: str) -> JsonObject:
        return self._api.decoded(JsonObject, lambda: self._api.get(url), where)

    def _objects(self, url: str, where: str) -> Iterator[JsonObject]:
        for page in linked_pages(self._api, ObjectPage, url, where):
            yield from page.value


def _named(rules: Sequence[JsonObject], fields: Sequence[str]) -> list[str]:
    """Every id in these fields of the policies' users, each once."""
    ids: dict[str, None] = {}
    for rule in rules:
        users = _inner(_inner(rule, "conditions"), "users")
        for name in fields:
            listed = users.get(name)
            ids.update(dict.fromkeys(listed if isinstance(listed, list) else []))
    return list(ids)


def _inner(row: JsonObject, name: str) -> JsonObject:
    """The object below a name; an empty one where there is none."""
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def _ends(credentials: object) -> list[JsonObject]:
    """Id, label and end of each credential."""
    kept = ("keyId", "displayName", "startDateTime", "endDateTime")
    ends = [{name: row.get(name) for name in kept} for row in objects_in(credentials)]
    return sorted(ends, key=lambda row: str(row["keyId"]))


def _policy(kind: str, object_id: str, name: object, values: JsonObject) -> Policy:
    shown = None if name is None else str(name)
    return Policy(kind, object_id, shown, document(values), source=SOURCE)


def _unavailable(kind: str, object_id: str, error: RequestRefused) -> Policy:
    """What this object's refusal says; the others are read on."""
    reason = "does not exist" if error.status == NOT_FOUND else error.message or str(error)
    return Policy(kind, object_id, object_id, unavailable_reason=reason, source=SOURCE)
