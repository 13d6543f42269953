"""What a caller needs: a permission that administrators granted, a token, and room in the quota.

The names of permissions are those of Microsoft Graph application permissions, of the Exchange
application role and of the Azure role that reads costs.
"""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections import deque

TRACES = "ExchangeMessageTrace.Read.All"
SIGN_INS = "AuditLog.Read.All"
POLICIES = "Policy.Read.All"
MEMBERS = "GroupMember.ReadBasic.All"
USERS = "User.Read.All"
ROLES = "RoleManagement.Read.Directory"
APPLICATIONS = "Application.Read.All"
CMDLETS = "Exchange.ManageAsApp"
COSTS = "Cost Management Reader"

EVERYTHING = frozenset(
    {TRACES, SIGN_INS, POLICIES, MEMBERS, USERS, ROLES, APPLICATIONS, CMDLETS, COSTS}
)
GRAPH, EXCHANGE, AZURE = "graph", "exchange", "azure"  # audiences of tokens


def audience_of(scope: str) -> str | None:
    """The audience a scope names; None when it names no API."""
    scope = scope.lower()
    if GRAPH in scope:
        return GRAPH
    if "management." in scope or AZURE in scope:
        return AZURE
    return EXCHANGE if "outlook.office" in scope or EXCHANGE in scope else None


class IssuedTokens:
    """Access tokens, opaque texts bound to one audience; they end by the machine's clock."""

    def __init__(self) -> None:
        self._issued: dict[str, tuple[str, float]] = {}

    def issue(self, audience: str, seconds: float) -> str:
        """A new token for an audience."""
        token = f"{secrets.token_urlsafe(24)}.{secrets.token_urlsafe(48)}"
        self._issued[token] = (audience, time.monotonic() + seconds)
        return token

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


class RequestQuota:
    """So many requests in a running window of real time. Refused requests cost nothing."""

    def __init__(self, requests: int, window_seconds: float) -> None:
        self.requests = requests
        self.window_seconds = window_seconds
        self._taken: deque[float] = deque()
        self._counting = threading.Lock()

    def take(self) -> int | None:
        """None when the request may pass, else the whole seconds until one may."""
        with self._counting:
            now = time.monotonic()
            while self._taken and self._taken[0] <= now - self.window_seconds:
                self._taken.popleft()
            if len(self._taken) < self.requests:
                self._taken.append(now)
                return None
            # With a quota of nothing there is no oldest request to wait for.
            oldest = self._taken[0] if self._taken else now
            return max(1, math.ceil(oldest + self.window_seconds - now))
