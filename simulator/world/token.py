"""Access tokens: opaque texts bound to one audience, with a real lifetime."""

from __future__ import annotations

import secrets
import time

GRAPH, EXCHANGE, AZURE = "graph", "exchange", "azure"


def audience_of(scope: str) -> str | None:
    """The audience a scope names; None when it names no API."""
    scope = scope.lower()
    if GRAPH in scope:
        return GRAPH
    if "management." in scope or AZURE in scope:
        return AZURE
    return EXCHANGE if "outlook.office" in scope or EXCHANGE in scope else None


class Tokens:
    """Issued tokens by value; lifetimes run on the machine's clock, not on the tenant's."""

    def __init__(self) -> None:
        self._issued: dict[str, tuple[str, float]] = {}

    def issue(self, audience: str, seconds: float) -> str:
        """A new token for an audience."""
        token = f"{secrets.token_urlsafe(24)}.{secrets.token_urlsafe(48)}"
        self._issued[token] = (audience, time.monotonic() + seconds)
        return token

    def expire_all(self) -> None:
        """Ends the life of every token issued so far."""
        for token, (audience, _) in list(self._issued.items()):
            self._issued[token] = (audience, time.monotonic() - 1)

    def refusal(self, header: str | None, audience: str) -> str | None:
        """Why an Authorization header is refused; None when it is good."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return "Access token is empty."
        if token not in self._issued:
            return "IDX14100: JWT is not well formed."
        issued_for, until = self._issued[token]
        if issued_for != audience:
            return "Access token validation failure. Invalid audience."
        if time.monotonic() >= until:
            return "Lifetime validation failed, the token is expired."
        return None
