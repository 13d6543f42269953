"""The sign-in of people: authorization codes with PKCE, and signed id tokens.

Shapes follow OpenID Connect Core 1.0 and what Entra ID answers; only loopback may be sent back to.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
import uuid
from dataclasses import dataclass
from html import escape
from urllib.parse import unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

KEY_BITS = 2048
CODE_SECONDS = 60.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Simulated sign-in</title>
<h1>Simulated sign-in</h1><p>Nobody here is real. Continue as:</p><ul>{choices}</ul></html>"""


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who can log in; `roles` are the values of the token's claim of that name."""

    login: str
    name: str
    roles: tuple[str, ...]


OPERATORS = (
    Operator("fiona.ops", "Fiona Ops", ("FinOps",)),
    Operator("sam.oc", "Sam Oc", ("SOC",)),
    Operator("max.change", "Max Change", ("ExchangeAdmins",)),
    Operator("ada.min", "Ada Min", ("Admins",)),
    Operator("guest", "Guest", ()),
)


class Denied(Exception):
    """A request that gets no code or token, as (error, description)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error, description)
        self.error, self.description = error, description


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was given out and what it stands for; `until` is on the monotonic clock."""

    operator: Operator
    redirect_uri: str
    nonce: str | None
    challenge: str | None
    until: float


class Issuer:
    """Codes and id tokens of one tenant."""

    def __init__(self, tenant_id: str, client_id: str, client_secret: str, domain: str) -> None:
        self._tenant_id, self._domain = tenant_id, domain
        self._client_id, self._client_secret = client_id, client_secret
        self._codes: dict[str, Code] = {}
        self._key: RSAKey | None = None

    @property
    def key(self) -> RSAKey:
        """The signing key, generated at its first use: most tenants sign nobody in."""
        if self._key is None:
            self._key = RSAKey.generate_key(
                KEY_BITS, {"kid": uuid.uuid4().hex, "use": "sig", "alg": "RS256"}
            )
        return self._key

    def keys(self) -> dict[str, object]:
        """The public keys (JWKS)."""
        return {"keys": [self.key.as_dict(private=False)]}

    def form(self, request: dict[str, str]) -> str:
        """The page on which a person is chosen. Raises: Denied."""
        self._check(request)
        links = [
            f'<li><a href="?{escape(urlencode({**request, "login_hint": operator.login}))}">'
            f"{escape(operator.name)} ({escape(', '.join(operator.roles) or 'no role')})</a></li>"
            for operator in OPERATORS
        ]
        return PAGE.format(choices="".join(links))

    def redirect(self, request: dict[str, str]) -> str:
        """Where the browser of the person of `login_hint` goes on with a code. Raises: Denied."""
        self._check(request)
        people = (person for person in OPERATORS if person.login == request["login_hint"])
        person = next(people, None)
        if person is None:
            raise Denied("invalid_request", "AADSTS50034: The user account does not exist.")
        code = secrets.token_urlsafe(32)
        self._codes[code] = Code(
            person, request["redirect_uri"], request.get("nonce"), request.get("code_challenge"),
            time.monotonic() + CODE_SECONDS,
        )  # fmt: skip
        answer = {"code": code, "state": request.get("state", "")}
        return f"{request['redirect_uri']}?{urlencode(answer)}"

    def id_token(self, form: dict[str, str], header: str | None, issuer: str) -> str:
        """The signed token for a code, which works once. Raises: Denied."""
        if not self._is_client(form, header):
            raise Denied("invalid_client", "AADSTS7000215: Invalid client secret provided.")
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or time.monotonic() > code.until:
            raise Denied("invalid_grant", "AADSTS70008: The authorization code has expired.")
        if form.get("redirect_uri") != code.redirect_uri:
            raise Denied("invalid_grant", "AADSTS50011: The redirect URI does not match.")
        if code.challenge is not None and challenge_of(form) != code.challenge:
            raise Denied("invalid_grant", "AADSTS501481: The Code_Verifier does not match.")
        head = {"alg": "RS256", "kid": self.key.kid}
        return jwt.encode(head, self._claims(code, issuer), self.key)

    def _claims(self, code: Code, issuer: str) -> dict[str, object]:
        now, person = int(time.time()), code.operator
        return {
            "iss": issuer,
            "aud": self._client_id,
            "sub": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._tenant_id}/{person.login}")),
            "tid": self._tenant_id,
            "ver": "2.0",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "name": person.name,
            "preferred_username": f"{person.login}@{self._domain}",
            "email": f"{person.login}@{self._domain}",
            # Entra ID leaves the claim out where somebody has no app role.
            **({"roles": list(person.roles)} if person.roles else {}),
            **({"nonce": code.nonce} if code.nonce else {}),
        }

    def _check(self, request: dict[str, str]) -> None:
        if request.get("client_id") != self._client_id:
            raise Denied("unauthorized_client", "AADSTS700016: Application was not found.")
        if urlsplit(request.get("redirect_uri", "")).hostname not in LOOPBACK:
            raise Denied("invalid_request", "AADSTS50011: The redirect URI is not registered.")
        if request.get("response_type") != "code":
            raise Denied("unsupported_response_type", "AADSTS700054: Only 'code' is enabled.")
        if request.get("code_challenge") and request.get("code_challenge_method") != "S256":
            raise Denied("invalid_request", "AADSTS9002325: Use S256.")

    def _is_client(self, form: dict[str, str], header: str | None) -> bool:
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
        if header and header.lower().startswith("basic "):
            pair = base64.b64decode(header[6:]).decode("utf-8", "replace")
            name, secret = (unquote(part) for part in pair.partition(":")[::2])
        is_secret = hmac.compare_digest(secret.encode(), self._client_secret.encode())
        return is_secret and name == self._client_id


def challenge_of(form: dict[str, str]) -> str:
    """The S256 challenge that belongs to the form's verifier (RFC 7636)."""
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
