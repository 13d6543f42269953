"""Sign-ins, policies and directory objects as Microsoft Graph serves them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.entra.entra_object import KINDS, Objects
from simulator.entra.signin_filter import BadFilterError, read_filter
from simulator.graph.skiptoken import EXPIRED
from simulator.reply import base_url, forbidden_by_graph, graph_error, json_reply
from simulator.world.permission import APPLICATIONS, MEMBERS, POLICIES, ROLES, SIGN_INS, USERS
from simulator.world.signin import SignIns
from simulator.world.tenant import SimulatedTenant
from simulator.world.token import GRAPH

_METADATA = "https://graph.microsoft.com/{}/$metadata#{}"
_LARGEST_PAGE = 1_000
_NOT_PREMIUM = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
_NOT_PREMIUM_TEXT = "Neither tenant is B2C or tenant doesn't have premium license"
_DEFAULTS = "policies/identitySecurityDefaultsEnforcementPolicy"
_RULES = "identity/conditionalAccess/policies"


class _Carried(msgspec.Struct, frozen=True, array_like=True):
    clock: int
    offset: int


class Entra:
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
        following = _Carried(place.clock, place.offset + size) if more else None
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
        found = self._objects.members(request.path_params["key"])
        if found is None:
            return _not_found(request)
        try:
            begin, size = _offset(request), _page_size(request, 100)
        except BadFilterError as error:
            return graph_error(400, "BadRequest", str(error))
        more = begin + size < len(found)
        following = _Carried(0, begin + size) if more else None
        page = [_selected(request, row) for row in found[begin : begin + size]]
        return _list(request, "directoryObjects", page, following)

    def memberships(self, request: Request) -> Response:
        """Groups and roles of a user; what the caller may not read shows its kind and id alone."""
        refusal = self._refusal(request, USERS)
        if refusal:
            return refusal
        found = self._objects.memberships(request.path_params["key"])
        if found is None:
            return _not_found(request)
        rows = [_selected(request, row) for row in found]
        if ROLES not in self._tenant.granted:
            rows = [_hidden(row) if "directoryRole" in row["@odata.type"] else row for row in rows]
        return _list(request, "directoryObjects", rows)

    def user(self, request: Request) -> Response:
        """A user by object id or user principal name."""
        refusal = self._refusal(request, USERS)
        found = None if refusal else self._objects.user(request.path_params["key"])
        if found is None:
            return refusal or _not_found(request)
        return _one(request, "users/$entity", _selected(request, found))

    def applications(self, request: Request, kind: str) -> Response:
        """Applications or service principals; `$filter` knows `appId eq '...'` alone."""
        refusal = self._refusal(request, APPLICATIONS)
        if refusal:
            return refusal
        wanted = request.query_params.get("$filter", "")
        found = self._objects.applications(kind)
        rows = [row for row in found if not wanted or row["appId"] in wanted]
        return _list(request, kind, [_selected(request, row) for row in rows])

    def application(self, request: Request, kind: str) -> Response:
        """One application or service principal by object id."""
        refusal = self._refusal(request, APPLICATIONS)
        if refusal:
            return refusal
        key = request.path_params["key"]
        found = next((row for row in self._objects.applications(kind) if row["id"] == key), None)
        if found is None:
            return _not_found(request)
        return _one(request, f"{kind}/$entity", _selected(request, found))

    def _refusal(self, request: Request, permission: str) -> Response | None:
        reason = self._tenant.tokens.refusal(request.headers.get("authorization"), GRAPH)
        if reason:
            return graph_error(401, "InvalidAuthenticationToken", reason)
        if request.path_params["version"] not in ("v1.0", "beta"):
            return graph_error(400, "BadRequest", "Invalid version.")
        return None if permission in self._tenant.granted else forbidden_by_graph()

    def _place(self, request: Request) -> _Carried:
        """Where a page starts; a next link keeps the clock of the first page."""
        token = request.query_params.get("$skiptoken")
        return _Carried(self._tenant.clock, 0) if token is None else _read(token)

    def _shown(self, row: dict[str, Any], *, beta: bool) -> dict[str, Any]:
        """Without the right to read policies their names stay out; v1.0 knows no event types."""
        hidden = set() if POLICIES in self._tenant.granted else {"appliedConditionalAccessPolicies"}
        shown = {name: [] if name in hidden else value for name, value in row.items()}
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


def _read(token: str) -> _Carried:
    try:
        raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(raw, type=_Carried)
    except (binascii.Error, msgspec.MsgspecError, UnicodeError, ValueError) as error:
        raise BadFilterError(EXPIRED) from error


def _selected(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    """Only the properties of `$select`, and the type."""
    wanted = request.query_params.get("$select")
    if wanted is None:
        return row
    names = {"@odata.type", *(name.strip() for name in wanted.split(","))}
    return {name: value for name, value in row.items() if name in names}


def _hidden(row: dict[str, Any]) -> dict[str, Any]:
    shown = ("@odata.type", "id")
    return {name: value if name in shown else None for name, value in row.items()}


def _list(
    request: Request,
    kind: str,
    rows: Sequence[dict[str, Any]],
    following: _Carried | None = None,
) -> Response:
    context = _METADATA.format(request.path_params["version"], kind)
    link = {"@odata.nextLink": _next_link(request, following)} if following else {}
    return json_reply({"@odata.context": context, **link, "value": rows})


def _one(request: Request, kind: str, row: dict[str, Any]) -> Response:
    context = _METADATA.format(request.path_params["version"], kind)
    return json_reply({"@odata.context": context, **row})


def _next_link(request: Request, place: _Carried) -> str:
    options = {name: value for name, value in request.query_params.items() if name != "$skiptoken"}
    options["$skiptoken"] = base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).decode()
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
    return f"{base_url(request)}{request.url.path}?{query}"


def _not_found(request: Request) -> Response:
    key = request.path_params["key"]
    text = (
        f"Resource '{key}' does not exist or one of its queried reference-property objects are"
        " not present."
    )
    return graph_error(404, "Request_ResourceNotFound", text)
