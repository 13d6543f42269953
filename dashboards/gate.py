"""What a request must name before Streamlit sees it, and what every answer says to the browser.

A browser can be led here under another name (DNS rebinding), by a page of another origin, or inside
a frame; without a login it would look as the administrator. So the host must be one of ours, and a
page that sends an Origin must be our own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.provider import LOOPBACK, provider_of
from hve_monitor.config import Auth

HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:/@?#\[\]]+)(:\d{1,5})?", re.IGNORECASE)
HEADERS = {
    b"x-frame-options": b"DENY",
    b"content-security-policy": b"frame-ancestors 'none'; object-src 'none'; base-uri 'self'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}
REFUSED = b"This address is not served. See auth.hosts in docs/login.md.\n"
POLICY_VIOLATION = 1008
Headers = Iterable[tuple[bytes, bytes]]


def hosts_of(auth: Auth) -> frozenset[str]:
    """The names that a browser may use: this machine's, those of the configuration, the login's."""
    login = [] if auth.secrets_file is None else [provider_of(auth.secrets_file).host]
    return frozenset({*LOOPBACK, *map(_as_sent, (*auth.hosts, *login))})


def _as_sent(name: str) -> str:
    """A host as browsers send it: in lower case, other letters than ASCII as Punycode."""
    try:
        return name.encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError:
        return name.lower()


def origins_of(auth: Auth) -> frozenset[str]:
    """Origins that are ours although a proxy may have changed the host: that of the login."""
    file = auth.secrets_file
    return frozenset() if file is None else frozenset({provider_of(file).origin.lower()})


class Gate:
    """Refuses foreign hosts and origins; wraps the server, its pages, downloads and websocket."""

    def __init__(self, app: ASGIApp, hosts: Collection[str], origins: Collection[str]) -> None:
        self.app, self.hosts, self.origins = app, hosts, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or answers it here."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif not self.admits(scope["headers"]):
            await _refuse(scope, send)
        else:
            await self.app(scope, receive, _with_headers(send))

    def admits(self, headers: Headers) -> bool:
        """Whether host and origin of a request are our own; browsers always send an Origin of
        websockets, other programs need none."""
        hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
        if len(hosts) != 1 or host_name(hosts[0]) not in self.hosts:
            return False
        origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
        return all(self._is_own(origin.lower(), hosts[0].lower()) for origin in origins)

    def _is_own(self, origin: str, host: str) -> bool:
        return origin in self.origins or origin in (f"http://{host}", f"https://{host}")


def host_name(host: str) -> str | None:
    """The name in a Host header, in lower case and without port; None where it holds none."""
    match = HOST.fullmatch(host.strip())
    return match[1].strip("[]").lower().rstrip(".") if match else None


async def _refuse(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *HEADERS.items()]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": REFUSED})


def _with_headers(send: Send) -> Send:
    """Sends answers with our headers in the place of others of that name."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [
                (name, value) for name, value in message["headers"] if name.lower() not in HEADERS
            ]
            message["headers"] = [*kept, *HEADERS.items()]
        await send(message)

    return sent
