"""How a source ends: what its errors mean, and what it reports of its requests.

A permission that the tenant did not grant is reported, but it does not fail the run.
"""

from __future__ import annotations

from hve_monitor.errors import AuthError, HveError
from ingest.http import Api, RequestRefused
from ingest.source import SourceResult

# What a cloud answers where an endpoint does not exist.
NOT_THERE = (404, 405)
# Microsoft's words where sign-in logs need Entra ID P1.
LICENCE_WORDS = ("premium license", "premium licence", "requestfromnonpremiumtenant")
# Graph's 400 for a path that this cloud does not have.
ABSENT_WORDS = ("resource not found for the segment",)


def is_refusal(error: HveError, permission: str) -> bool:
    """Whether the service wants the permission or a licence.

    An error that comes from Entra ID itself (no token at all) names no permission: it is a failure.
    """
    if isinstance(error, AuthError):
        return permission in str(error)
    return isinstance(error, RequestRefused) and (
        error.status in NOT_THERE
        or any(words in error.message.lower() for words in (*LICENCE_WORDS, *ABSENT_WORDS))
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


def finish(result: SourceResult, *apis: Api) -> SourceResult:
    """The result with its requests; a source that gave rows is partial, whenever it failed."""
    result.requests = sum(api.requests for api in apis)
    result.throttled = sum(api.throttled for api in apis)
    if result.status == "failed" and result.rows_read:
        result.status = "partial"
    return result
