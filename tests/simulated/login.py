"""Sign-in of people at the dashboard, beside that of applications."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from simulator import SimulatedTenant
from simulator.entra.login import LoginRoutes, form_of, oauth_error, unknown_tenant
from simulator.reply import JsonObject, base_url, json_reply
from tests.simulated.issuer import Denied, Issuer


class PeopleRoutes(LoginRoutes):
    """Answers below `/login/{tenant}` for applications and for people."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        super().__init__(tenant)
        self._issuer = Issuer(
            tenant.tenant_id, tenant.client_id, tenant.client_secret, tenant.domain
        )

    def routes(self) -> list[Route]:
        """Routes relative to the prefix."""
        return [
            *super().routes(),
            Route("/{tenant}/discovery/v2.0/keys", self.keys),
            Route("/{tenant}/oauth2/v2.0/authorize", self.authorize),
        ]

    def document(self, request: Request) -> JsonObject:
        """The discovery document with what clients of people need."""
        root = f"{base_url(request)}/login/{request.path_params['tenant']}"
        return super().document(request) | {
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile", "email"],
        }

    async def keys(self, request: Request) -> Response:
        """The public keys that id tokens are checked with."""
        if not self.is_known(request):
            return unknown_tenant(request)
        return json_reply(self._issuer.keys())

    async def authorize(self, request: Request) -> Response:
        """The page on which a person is chosen; with `login_hint` straight back with a code."""
        if not self.is_known(request):
            return unknown_tenant(request)
        request_options = dict(request.query_params)
        try:
            if request_options.get("login_hint"):
                return RedirectResponse(self._issuer.redirect(request_options), 302)
            return HTMLResponse(self._issuer.form(request_options))
        except Denied as denied:
            return _denied(denied)

    async def issue(self, request: Request) -> Response:
        """The id token of a person for a code, or the token of an application."""
        form = await form_of(request)
        if self.is_known(request) and form.get("grant_type") == "authorization_code":
            return self._sign_in(request, form)
        return await super().issue(request)

    def _sign_in(self, request: Request, form: dict[str, str]) -> Response:
        """The id token of a person; the access token beside it opens nothing."""
        try:
            header = request.headers.get("authorization")
            token = self._issuer.id_token(form, header, self.issuer_name(request))
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


def _denied(denied: Denied) -> Response:
    status = 401 if denied.error == "invalid_client" else 400
    return oauth_error(status, denied.error, denied.description, 0)
