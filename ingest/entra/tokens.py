"""Tokens of Entra ID through msal: secret, certificate, federated token or managed identity."""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msal
import msal.exceptions
import msgspec

from hve_monitor.config import Endpoints, Tenant
from hve_monitor.errors import AuthError, ConfigError, SourceUnavailable
from hve_monitor.https import Client, DecodingError, Response, TransportError

PEM_PARTS = ("-----BEGIN CERTIFICATE-----", "PRIVATE KEY-----")
VISIBLE = re.compile(r"[!-~]+")  # a token goes into a header


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
            self._app = self._app or self._application()
            if fresh and not self._tenant.managed_identity:
                self._app.remove_tokens_for_client()
            answer = self._acquire(scope)
        except (TransportError, DecodingError, msal.exceptions.MsalServiceError) as error:
            raise SourceUnavailable(f"{self._endpoints.login}: {error}; try again later") from None
        except ValueError as error:  # msal's word for a tenant or an authority it cannot resolve
            raise AuthError(f"tenant '{self._tenant.name}': {_first_line(str(error))}") from None
        except (KeyError, TypeError) as error:  # msal reads answers without a look at their shape
            reason = f"{self._endpoints.login}: its answer is none of a login ({error})"
            raise AuthError(f"tenant '{self._tenant.name}': {reason}") from None
        token = answer.get("access_token")
        if not isinstance(token, str) or not VISIBLE.fullmatch(token):
            words = answer.get("error_description") or answer.get("error") or "no token"
            raise AuthError(
                f"tenant '{self._tenant.name}': no token for {scope}: {_first_line(str(words))}"
            )
        return token

    def _acquire(self, scope: str) -> dict[str, Any]:
        if self._tenant.managed_identity:
            answer = self._app.acquire_token_for_client(resource=scope.removesuffix("/.default"))
        else:
            answer = self._app.acquire_token_for_client(scopes=[scope])
        return dict(answer or {})

    def _application(self) -> Any:
        transport = _MsalTransport(self._client, self._tenant.name)
        if self._tenant.managed_identity:
            identity = (
                msal.UserAssignedManagedIdentity(client_id=self._tenant.client_id)
                if self._tenant.client_id
                else msal.SystemAssignedManagedIdentity()
            )
            return msal.ManagedIdentityClient(identity, http_client=transport)
        return msal.ConfidentialClientApplication(
            self._tenant.client_id,
            client_credential=credential(self._tenant),
            authority=f"{self._endpoints.login}/{self._tenant.tenant_id}",
            # The authority comes from the administrator's own file: there is nothing to look up.
            instance_discovery=False,
            http_client=transport,
        )


class _MsalTransport:
    """msal's HTTP needs, met by our own client, so that one TLS setting serves all."""

    def __init__(self, client: Client, tenant: str) -> None:
        self._client, self._tenant = client, tenant

    def get(self, url: str, **options: Any) -> Response:
        return _checked(self._client.get(url, **_supported(options)), self._tenant)

    def post(self, url: str, **options: Any) -> Response:
        return _checked(self._client.post(url, **_supported(options)), self._tenant)

    def close(self) -> None:
        """The client is closed by its owner."""


def _checked(response: Response, tenant: str) -> Response:
    """The answer, when it is one that msal reads; it takes any other for a document of its own.

    Raises: AuthError, SourceUnavailable.
    """
    where = f"tenant '{tenant}': {response.url.scheme}://{response.url.host}"
    status = response.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise SourceUnavailable(f"{where}: sign-in is throttled; try again later")
    try:
        document = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        document = None
    if status < HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(document, dict):
        raise AuthError(
            f"{where}: HTTP {status} without the answer of a login;"
            " look for a proxy or a sign-in page in between"
        )
    return response


def _supported(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("params", "data", "headers") if name in options}


def credential(tenant: Tenant) -> Any:
    """What msal signs with. Raises: ConfigError naming the file that cannot be used."""
    if tenant.client_secret_file:
        return _text(tenant.client_secret_file, tenant.name)
    if tenant.federated_token_file:
        file = tenant.federated_token_file
        return {"client_assertion": lambda: _text(file, tenant.name)}
    if tenant.certificate_file is None:
        raise ConfigError(f"tenant '{tenant.name}': no credential is configured")
    password = (
        _text(tenant.certificate_password_file, tenant.name)
        if tenant.certificate_password_file
        else None
    )
    return _certificate(tenant.certificate_file, password, tenant.name)


def _certificate(file: Path, password: str | None, tenant: str) -> dict[str, Any]:
    if file.suffix.lower() in (".pfx", ".p12"):
        return {"private_key_pfx_path": str(file), "passphrase": password}
    text = _text(file, tenant)
    if not all(part in text for part in PEM_PARTS):
        raise ConfigError(
            f"tenant '{tenant}': {file} must hold the certificate and its private key (PEM or PFX)"
        )
    return {"private_key": text, "public_certificate": text, "passphrase": password}


def _text(file: Path, tenant: str) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise ConfigError(f"tenant '{tenant}': {file} cannot be read ({reason})") from None


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "no reason given"
