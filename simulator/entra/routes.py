"""Sign-ins, policies and directory objects as Microsoft Graph serves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.entra.directory_objects import KINDS, ROLE_TYPE, Objects
from simulator.entra.sign_in_filter import BadFilterError, read_filter
from simulator.entra.sign_ins import ServedSignIn, SignIns
from simulator.paging import EXPIRED, BadTokenError, link, read_token, write_token
from simulator.reply import JsonObject, forbidden_by_graph, graph_error, json_reply
from simulator.world.access import APPLICATIONS, GRAPH, MEMBERS, POLICIES, ROLES, SIGN_INS, USERS
from simulator.world.tenant import SimulatedTenant

_METADATA = "https://graph.microsoft.com/{}/$metadata#{}"
_LARGEST_PAGE = 1_000
_NOT_PREMIUM = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
_NOT_PREMIUM_TEXT = "Neither tenant is B2C or tenant doesn't have premium license"
_DEFAULTS = "policies/identitySecurityDefaultsEnforcementPolicy"
_RULES = "identity/conditionalAccess/policies"


class _PageStart(msgspec.Struct, frozen=True, array_like=True):
    clock: int
    offset: int


class EntraRoutes:
    """Answers below `/graph`, in worker threads."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant
        self._sign_ins = SignIns(tenant, tenant.seed)
        self._objects = Objects(tenant)

    def routes(self) -> list[Route]:
        """Routes relative to the prefix."""
        root = "/{version:str}"
        return [
            Route(f"{root}/auditLogs/signIns", self.sign_ins),
            Route(f"{root}/{_DEFAULTS}", self.security_defaults),
            Route(f"{root}/{_RULES}", self.conditional_access),
            Route(root + "/groups/{key}/transitiveMembers", self.members),
            Route(root + "/users/{key}/transitiveMemberOf", self.memberships),
            Route(root + "/users/{key}", self.user),
            *(
                route
                for kind in KINDS
                for route in self._application_routes(f"{root}/{kind}", kind)
            ),
        ]

    def _application_routes(self, path: str, kind: str) -> list[Route]:
        return [
            Route(path, partial(self.applications, kind=kind)),
            Route(path + "/{key}", partial(self.application, kind=kind)),
        ]

    def sign_ins(self, request: Request) -> Response:
        """One page of sign-ins, newest first; v1.0 shows the interactive ones of users alone."""
        refusal = self._refusal(request, SIGN_INS)
        if refusal:
            return refusal
        if not self._tenant.premium:
            return graph_error(403, _NOT_PREMIUM, _NOT_PREMIUM_TEXT)
        beta = request.path_params["version"] == "beta"
        try:
            tests, principals = read_filter(request.query_params.get("$filter", ""), beta=beta)
            place, size = self._place(request), _page_size(request)
        except BadFilterError as error:
            return graph_error(400, "BadRequest", str(error))
        rows = self._sign_ins.rows(place.clock, principals=principals)
        rows = [row for row in rows if all(test(row) for test in tests)]
        shown = [self._shown(row, beta=beta) for row in rows[place.offset : place.offset + size]]
        more = place.offset + size < len(rows)
        following = _PageStart(place.clock, place.offset + size) if more else None
        return _list(request, "auditLogs/signIns", shown, following)

    def security_defaults(self, request: Request) -> Response:
        """The switch of Security Defaults."""
        refusal = self._refusal(request, POLICIES)
        return refusal or _one(
            request,
            _DEFAULTS,
            {
                "id": "00000000-0000-0000-0000-000000000005",
                "displayName": "Security Defaults",
                "description": "Security defaults is a set of basic identity protections.",
                "isEnabled": self._tenant.readiness.security_defaults,
            },
        )

    def conditional_access(self, request: Request) -> Response:
        """All policies of Conditional Access."""
        refusal = self._refusal(request, POLICIES)
        return refusal or _list(request, _RULES, self._tenant.readiness.policies)

    def members(self, request: Request) -> Response:
        """Users and groups in a group, at any depth."""
        refusal = self._refusal(request, MEMBERS)
        if refusal:
            return refusal
        members = self._objects.members(request.path_params["key"])
        if members is None:
            return _not_found(request)
        try:
            begin, size = _offset(request), _page_size(request, 100)
        except BadFilterError as error:
            return graph_error(400, "BadRequest", str(error))
        more = begin + size < len(members)
        following = _PageStart(0, begin + size) if more else None
        page = [_selected(request, row) for row in members[begin : begin + size]]
        return _list(request, "directoryObjects", page, following)

    def memberships(self, request: Request) -> Response:
        """Groups and roles of a user; what the caller may not read shows its kind and id alone."""
        refusal = self._refusal(request, USERS)
        if refusal:
            return refusal
        groups_and_roles = self._objects.memberships(request.path_params["key"])
        if groups_and_roles is None:
            return _not_found(request)
        rows = [_selected(request, row) for row in groups_and_roles]
        if ROLES not in self._tenant.granted:
            rows = [_hidden(row) if row["@odata.type"] == ROLE_TYPE else row for row in rows]
        return _list(request, "directoryObjects", rows)

    def user(self, request: Request) -> Response:
        """A user by object id or user principal name."""
        refusal = self._refusal(request, USERS)
        user = None if refusal else self._objects.user(request.path_params["key"])
        if user is None:
            return refusal or _not_found(request)
        return _one(request, "users/$entity", _selected(request, user))

    def applications(self, request: Request, kind: str) -> Response:
        """Applications or service principals; `$filter` knows `appId eq '...'` alone."""
        refusal = self._refusal(request, APPLICATIONS)
        if refusal:
            return refusal
        condition = request.query_params.get("$filter", "")
        rows = [
            _selected(request, row)
            for row in self._objects.applications(kind)
            if not condition or str(row["appId"]) in condition
        ]
        return _list(request, kind, rows)

    def application(self, request: Request, kind: str) -> Response:
        """One application or service principal by object id."""
        refusal = self._refusal(request, APPLICATIONS)
        if refusal:
            return refusal
        key = request.path_params["key"]
        rows = (row for row in self._objects.applications(kind) if row["id"] == key)
        application = next(rows, None)
        if application is None:
            return _not_found(request)
        return _one(request, f"{kind}/$entity", _selected(request, application))

    def _refusal(self, request: Request, permission: str) -> Response | None:
        reason = self._tenant.tokens.refusal(request.headers.get("authorization"), GRAPH)
        if reason:
            return graph_error(401, "InvalidAuthenticationToken", reason)
        if request.path_params["version"] not in ("v1.0", "beta"):
            return graph_error(400, "BadRequest", "Invalid version.")
        return None if permission in self._tenant.granted else forbidden_by_graph()

    def _place(self, request: Request) -> _PageStart:
        """Where a page starts; a next link keeps the clock of the first page."""
        token = request.query_params.get("$skiptoken")
        return _PageStart(self._tenant.clock, 0) if token is None else _read(token)

    def _shown(self, row: ServedSignIn, *, beta: bool) -> JsonObject:
        """Without the right to read policies their names stay out; v1.0 knows no event types."""
        hidden = set() if POLICIES in self._tenant.granted else {"appliedConditionalAccessPolicies"}
        shown: JsonObject = {name: [] if name in hidden else value for name, value in row.items()}
        if not beta:
            shown.pop("signInEventTypes")
        return shown


def _page_size(request: Request, usual: int = _LARGEST_PAGE) -> int:
    text = request.query_params.get("$top", str(usual))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _LARGEST_PAGE:
        raise BadFilterError(f"Invalid page size specified: '{text}'. Must be between 1 and 1000.")
    return int(text)


def _offset(request: Request) -> int:
    token = request.query_params.get("$skiptoken")
    return 0 if token is None else _read(token).offset


def _read(token: str) -> _PageStart:
    try:
        return read_token(token, _PageStart)
    except BadTokenError as error:
        raise BadFilterError(EXPIRED) from error


def _selected(request: Request, row: Mapping[str, object]) -> Mapping[str, object]:
    """Only the properties of `$select`, and the type."""
    selected = request.query_params.get("$select")
    if selected is None:
        return row
    names = {"@odata.type", *(name.strip() for name in selected.split(","))}
    return {name: value for name, value in row.items() if name in names}


def _hidden(row: Mapping[str, object]) -> JsonObject:
    shown = ("@odata.type", "id")
    return {name: value if name in shown else None for name, value in row.items()}


def _list(
    request: Request,
    kind: str,
    rows: Sequence[Mapping[str, object]],
    following: _PageStart | None = None,
) -> Response:
    context = _METADATA.format(request.path_params["version"], kind)
    more = {"@odata.nextLink": _next_link(request, following)} if following else {}
    return json_reply({"@odata.context": context, **more, "value": rows})


def _one(request: Request, kind: str, row: Mapping[str, object]) -> Response:
    context = _METADATA.format(request.path_params["version"], kind)
    return json_reply({"@odata.context": context, **row})


def _next_link(request: Request, place: _PageStart) -> str:
    options = {name: value for name, value in request.query_params.items() if name != "$skiptoken"}
    return link(request, {**options, "$skiptoken": write_token(place)})


def _not_found(request: Request) -> Response:
    key = request.path_params["key"]
    text = (
        f"Resource '{key}' does not exist or one of its queried reference-property objects are"
        " not present."
    )
    return graph_error(404, "Request_ResourceNotFound", text)
