"""The sign-in service: discovery document and tokens for client credentials."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.reply import base_url, json_reply
from simulator.tenant import SimulatedTenant
from simulator.token import audience_of

_ASSERTION = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+$")


class Login:
    """Answers below `/login/{tenant}`."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Routes relative to the prefix."""
        return [
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self.discover),
            Route("/{tenant}/oauth2/v2.0/token", self.issue, methods=["POST"]),
        ]

    async def discover(self, request: Request) -> Response:
        """The OpenID Connect discovery document."""
        if not self._is_known(request):
            return _unknown_tenant(request)
        root = f"{base_url(request)}/login/{request.path_params['tenant']}"
        return json_reply(
            {
                "issuer": f"{base_url(request)}/login/{self._tenant.tenant_id}/v2.0",
                "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
                "token_endpoint": f"{root}/oauth2/v2.0/token",
                "jwks_uri": f"{root}/discovery/v2.0/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
            }
        )

    async def issue(self, request: Request) -> Response:
        """An opaque token bound to the audience of the scope."""
        if not self._is_known(request):
            return _unknown_tenant(request)
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
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


def _unknown_tenant(request: Request) -> Response:
    name = request.path_params["tenant"]
    text = f"AADSTS90002: Tenant '{name}' not found. Check that you have the correct tenant ID."
    return _oauth_error(400, "invalid_request", text, 90002)


def _oauth_error(status: int, error: str, description: str, code: int) -> Response:
    return json_reply(
        {"error": error, "error_description": description, "error_codes": [code]}, status
    )
