"""The sign-in service: discovery document and tokens for applications."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.reply import JsonObject, base_url, json_reply
from simulator.world.access import audience_of
from simulator.world.tenant import SimulatedTenant

_ASSERTION = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+$")


class LoginRoutes:
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
        if not self.is_known(request):
            return unknown_tenant(request)
        return json_reply(self.document(request))

    def document(self, request: Request) -> JsonObject:
        """What the discovery document holds for applications."""
        root = f"{base_url(request)}/login/{request.path_params['tenant']}"
        return {
            "issuer": self.issuer_name(request),
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "private_key_jwt",
                "client_secret_basic",
            ],
        }

    async def issue(self, request: Request) -> Response:
        """An opaque token bound to the audience of the scope."""
        if not self.is_known(request):
            return unknown_tenant(request)
        form = await form_of(request)
        refusal = self._refusal(form)
        if refusal:
            return refusal
        audience = audience_of(form.get("scope", ""))
        if audience is None:
            text = "AADSTS70011: The provided value for the input parameter 'scope' is not valid."
            return oauth_error(400, "invalid_scope", text, 70011)
        seconds = self._tenant.token_seconds
        token = self._tenant.tokens.issue(audience, seconds)
        life = {"expires_in": seconds, "ext_expires_in": seconds}
        return json_reply({"token_type": "Bearer", **life, "access_token": token})

    def issuer_name(self, request: Request) -> str:
        """The issuer that the discovery document and tokens name."""
        return f"{base_url(request)}/login/{self._tenant.tenant_id}/v2.0"

    def is_known(self, request: Request) -> bool:
        """Whether the tenant of the path is this one."""
        names = {self._tenant.tenant_id, self._tenant.domain}
        return request.path_params["tenant"] in {*names, f"{self._tenant.name}.onmicrosoft.com"}

    def _refusal(self, form: dict[str, str]) -> Response | None:
        """The error answer for a request that may not have a token."""
        if form.get("grant_type") != "client_credentials":
            text = "AADSTS70003: The app requested an unsupported grant type."
            return oauth_error(400, "unsupported_grant_type", text, 70003)
        if form.get("client_id") != self._tenant.client_id:
            text = f"AADSTS700016: Application '{form.get('client_id')}' was not found."
            return oauth_error(400, "unauthorized_client", text, 700016)
        # An assertion is taken on trust: the simulator holds no certificate to check it with.
        if _ASSERTION.match(form.get("client_assertion", "")):
            return None
        if form.get("client_secret") == self._tenant.client_secret:
            return None
        text = "AADSTS7000215: Invalid client secret provided. Send the secret value, not its id."
        return oauth_error(401, "invalid_client", text, 7000215)


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form that was sent."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


def unknown_tenant(request: Request) -> Response:
    """The refusal of a tenant that this server does not hold."""
    name = request.path_params["tenant"]
    text = f"AADSTS90002: Tenant '{name}' not found. Check that you have the correct tenant ID."
    return oauth_error(400, "invalid_request", text, 90002)


def oauth_error(status: int, error: str, description: str, code: int) -> Response:
    """The error envelope of the sign-in service."""
    return json_reply(
        {"error": error, "error_description": description, "error_codes": [code]}, status
    )
