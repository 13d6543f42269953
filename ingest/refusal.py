"""Permissions that a tenant did not give: told, but no failure of the run."""

from __future__ import annotations

from hve_monitor.errors import AuthError, HveError
from ingest.http import RequestRefused
from ingest.source import SourceResult

# Microsoft refuses sign-in logs without Entra ID P1 in words of its own.
LICENCE_WORDS = ("premium license", "premium licence", "requestfromnonpremiumtenant")


def is_refusal(error: HveError, permission: str) -> bool:
    """Whether the service wants the permission or a licence.

    An error that comes from Entra ID itself (no token at all) names no permission: it is a failure.
    """
    if isinstance(error, AuthError):
        return permission in str(error)
    return isinstance(error, RequestRefused) and any(
        words in error.message.lower() for words in LICENCE_WORDS
    )


def note(result: SourceResult, error: HveError, permission: str) -> None:
    """Notes a refusal as `unavailable: reason` and anything else as a failure, which outweighs."""
    if is_refusal(error, permission):
        result.optional = result.status == "ok"
        result.error = result.error or f"unavailable: {error}"
        return
    if result.optional:
        result.optional, result.error = False, None
    result.note(error)
