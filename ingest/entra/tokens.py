"""Tokens of Entra ID through msal: secret, certificate, federated token or managed identity."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

import msal

from hve_monitor.answers import first_line, is_document, words_of
from hve_monitor.config import Endpoints, Tenant
from hve_monitor.errors import AuthError, HveError, ThrottledError
from hve_monitor.https import Bounds, Client, Response
from hve_monitor.text import printable
from hve_monitor.waits import retry_after
from ingest.entra.credential import credential
from ingest.http import JsonObject
from ingest.retries import Broken, check_passing, patiently, whole_answer

TOKEN = re.compile(r"[!-~]+")
NO_REASON = "no reason given"
KNOWN = ("params", "data", "headers")  # of the options that msal gives
# Every source asks for a token: what does not pass soon is told, and the next run tries again.
ATTEMPTS, LONGEST_WAIT = 4, 120.0
LOCAL = Bounds(connect=5.0, read=30.0, seconds=60.0, bytes=1 << 20)
# The metadata service answers these while it is being updated.
# Source: Microsoft Learn, "Use managed identities on a virtual machine to acquire tokens".
BEING_UPDATED = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class EntraTokens:
    """App-only tokens of one tenant; msal remembers them until they expire."""

    def __init__(self, tenant: Tenant, endpoints: Endpoints, client: Client) -> None:
        self._tenant, self._endpoints, self._client = tenant, endpoints, client
        self._app: Any = None

    def bearer(self, scope: str, *, fresh: bool = False) -> str:
        """A token of the scope, a new one when `fresh`.

        Raises: AuthError with Entra's own words, SourceUnavailable, ConfigError (secret file).
        """
        try:
            answer = self._acquire(scope, fresh=fresh)
        except HveError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever msal raises is this tenant's alone
            raise AuthError(f"tenant '{self._tenant.name}': {_reason(error)}") from None
        token = answer.get("access_token")
        if isinstance(token, str) and TOKEN.fullmatch(token):
            return token
        words = answer.get("error_description") or answer.get("error") or "no token"
        reason = first_line(str(words)) or NO_REASON
        raise AuthError(f"tenant '{self._tenant.name}': no token for {scope}: {reason}")

    def _acquire(self, scope: str, *, fresh: bool) -> JsonObject:
        self._app = self._app or self._application()
        if fresh and not self._tenant.managed_identity:
            self._app.remove_tokens_for_client()
        if self._tenant.managed_identity:
            answer = self._app.acquire_token_for_client(resource=scope.removesuffix("/.default"))
        else:
            answer = self._app.acquire_token_for_client(scopes=[scope])
        return dict(answer or {})

    def _application(self) -> Any:
        if self._tenant.managed_identity:
            identity = (
                msal.UserAssignedManagedIdentity(client_id=self._tenant.client_id)
                if self._tenant.client_id
                else msal.SystemAssignedManagedIdentity()
            )
            transport = _Transport(self._tenant.name, None)
            return msal.ManagedIdentityClient(identity, http_client=transport)
        return msal.ConfidentialClientApplication(
            self._tenant.client_id,
            client_credential=credential(self._tenant),
            authority=f"{self._endpoints.login}/{self._tenant.tenant_id}",
            # The authority comes from the administrator's own file: there is nothing to look up.
            instance_discovery=False,
            http_client=_Transport(self._tenant.name, self._client),
        )


class _Transport:
    """msal's HTTP needs, met by our own client; an answer that msal would misread ends here.

    client: None for a managed identity, whose endpoint is this machine's: never by a proxy.
    """

    def __init__(self, tenant: str, client: Client | None) -> None:
        self._tenant, self._client = tenant, client

    def get(self, url: str, **options: Any) -> Response:
        response = self._answer("GET", url, options)
        if self._client is not None and not response.is_success:
            raise AuthError(f"tenant '{self._tenant}': {words_of(response)}")
        return response

    def post(self, url: str, **options: Any) -> Response:
        return self._answer("POST", url, options)

    def close(self) -> None:
        """The client is closed by its owner."""

    def _answer(self, method: str, url: str, options: dict[str, Any]) -> Response:
        """Raises: AuthError, SourceUnavailable."""
        known: dict[str, Any] = {name: options[name] for name in KNOWN if name in options}
        where = f"tenant '{self._tenant}': {printable(url.split('?', maxsplit=1)[0])}"
        response = patiently(lambda: self._once(method, url, known, where), where, ATTEMPTS)
        # Azure Arc answers its first request with 401 and the name of the file with the proof.
        is_challenge = self._client is None and response.status_code == HTTPStatus.UNAUTHORIZED
        if is_challenge or is_document(response):
            return response
        if response.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            raise AuthError(f"{where}: HTTP 407: the proxy in between wants a sign-in")
        raise AuthError(
            f"{where}: HTTP {response.status_code}, no JSON but '{words_of(response)}';"
            " look for a proxy or a sign-in page in between"
        )

    def _once(self, method: str, url: str, options: dict[str, Any], where: str) -> Response:
        response = whole_answer(lambda: self._send(method, url, options), where)
        wait = retry_after(response.headers)
        if wait is not None and wait > LONGEST_WAIT:
            raise ThrottledError(f"{where}: asks for a wait of {wait:.0f} s; try again later")
        check_passing(response)
        if self._client is None and response.status_code in BEING_UPDATED:
            raise Broken(f"HTTP {response.status_code}")
        return response

    def _send(self, method: str, url: str, options: dict[str, Any]) -> Response:
        if self._client is not None:
            return self._client.request(method, url, **options)
        with Client("", LOCAL, by_proxy=False) as client:
            return client.request(method, url, **options)


def _reason(error: Exception) -> str:
    """What failed, in one line; of a key file of Azure Arc also what mends it."""
    if isinstance(error, PermissionError) and str(error.filename).endswith(".key"):
        return (
            f"{error.filename} cannot be read ({error.strerror}); add this account to group himds"
        )
    if isinstance(error, OSError):
        return f"{error.filename or 'disk'}: {error.strerror or error}"
    return first_line(str(error)) or type(error).__name__
