"""The sign-in service: discovery document, tokens for applications and sign-in of people."""

from __future__ import annotations

import re
import secrets
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from simulator.entra.issuer import Denied, Issuer
from simulator.reply import base_url, json_reply
from simulator.world.access import audience_of
from simulator.world.tenant import SimulatedTenant

_ASSERTION = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+$")


class LoginRoutes:
    """Answers below `/login/{tenant}`."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant
        self._issuer = Issuer(
            tenant.tenant_id, tenant.client_id, tenant.client_secret, tenant.domain
        )

    def routes(self) -> list[Route]:
        """Routes relative to the prefix."""
        return [
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self.discover),
            Route("/{tenant}/discovery/v2.0/keys", self.keys),
            Route("/{tenant}/oauth2/v2.0/authorize", self.authorize),
            Route("/{tenant}/oauth2/v2.0/token", self.issue, methods=["POST"]),
        ]

    async def discover(self, request: Request) -> Response:
        """The OpenID Connect discovery document."""
        if not self._is_known(request):
            return _unknown_tenant(request)
        root = f"{base_url(request)}/login/{request.path_params['tenant']}"
        return json_reply(
            {
                "issuer": self._name(request),
                "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
                "token_endpoint": f"{root}/oauth2/v2.0/token",
                "jwks_uri": f"{root}/discovery/v2.0/keys",
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "private_key_jwt",
                    "client_secret_basic",
                ],
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid", "profile", "email"],
            }
        )

    async def keys(self, request: Request) -> Response:
        """The public keys that id tokens are checked with."""
        if not self._is_known(request):
            return _unknown_tenant(request)
        return json_reply(self._issuer.keys())

    async def authorize(self, request: Request) -> Response:
        """The page on which a person is chosen; with `login_hint` straight back with a code."""
        if not self._is_known(request):
            return _unknown_tenant(request)
        request_options = dict(request.query_params)
        try:
            if request_options.get("login_hint"):
                return RedirectResponse(self._issuer.redirect(request_options), 302)
            return HTMLResponse(self._issuer.form(request_options))
        except Denied as denied:
            return _denied(denied)

    async def issue(self, request: Request) -> Response:
        """An opaque token bound to the audience of the scope."""
        if not self._is_known(request):
            return _unknown_tenant(request)
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        if form.get("grant_type") == "authorization_code":
            return self._sign_in(request, form)
        refusal = self._refusal(form)
        if refusal:
            return refusal
        audience = audience_of(form.get("scope", ""))
        if audience is None:
            text = "AADSTS70011: The provided value for the input parameter 'scope' is not valid."
            return _oauth_error(400, "invalid_scope", text, 70011)
        seconds = self._tenant.token_seconds
        token = self._tenant.tokens.issue(audience, seconds)
        life = {"expires_in": seconds, "ext_expires_in": seconds}
        return json_reply({"token_type": "Bearer", **life, "access_token": token})

    def _sign_in(self, request: Request, form: dict[str, str]) -> Response:
        """The id token of a person; the access token beside it opens nothing."""
        try:
            header = request.headers.get("authorization")
            token = self._issuer.id_token(form, header, self._name(request))
        except Denied as denied:
            return _denied(denied)
        return json_reply(
            {
                "token_type": "Bearer",
                "expires_in": self._tenant.token_seconds,
                "access_token": secrets.token_urlsafe(32),
                "id_token": token,
                "scope": "openid profile email",
            },
            headers={"Cache-Control": "no-store"},
        )

    def _name(self, request: Request) -> str:
        return f"{base_url(request)}/login/{self._tenant.tenant_id}/v2.0"

    def _is_known(self, request: Request) -> bool:
        names = {self._tenant.tenant_id, self._tenant.domain}
        return request.path_params["tenant"] in {*names, f"{self._tenant.name}.onmicrosoft.com"}

    def _refusal(self, form: dict[str, str]) -> Response | None:
        """The error answer for a request that may not have a token."""
        if form.get("grant_type") != "client_credentials":
            text = "AADSTS70003: The app requested an unsupported grant type."
            return _oauth_error(400, "unsupported_grant_type", text, 70003)
        if form.get("client_id") != self._tenant.client_id:
            text = f"AADSTS700016: Application '{form.get('client_id')}' was not found."
            return _oauth_error(400, "unauthorized_client", text, 700016)
        # An assertion is taken on trust: the simulator holds no certificate to check it with.
        if _ASSERTION.match(form.get("client_assertion", "")):
            return None
        if form.get("client_secret") == self._tenant.client_secret:
            return None
        text = "AADSTS7000215: Invalid client secret provided. Send the secret value, not its id."
        return _oauth_error(401, "invalid_client", text, 7000215)


def _denied(denied: Denied) -> Response:
    status = 401 if denied.error == "invalid_client" else 400
    return _oauth_error(status, denied.error, denied.description, 0)


def _unknown_tenant(request: Request) -> Response:
    name = request.path_params["tenant"]
    text = f"AADSTS90002: Tenant '{name}' not found. Check that you have the correct tenant ID."
    return _oauth_error(400, "invalid_request", text, 90002)


def _oauth_error(status: int, error: str, description: str, code: int) -> Response:
    return json_reply(
        {"error": error, "error_description": description, "error_codes": [code]}, status
    )
