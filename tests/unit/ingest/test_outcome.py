"""A permission that is missing makes a source unavailable; anything else is a failure."""

from __future__ import annotations

import pytest

from hve_monitor.errors import AuthError, SourceContractError, SourceUnavailable
from ingest.http import Api, RequestRefused
from ingest.outcome import finish, is_refusal, note
from ingest.source import SourceResult

PERMISSION = "permission AuditLog.Read.All"
REFUSED = AuthError(f"GET x: HTTP 403: refused; needed: {PERMISSION}")
NO_TOKEN = AuthError("tenant 'contoso': no token: AADSTS7000215: invalid secret")
BROKEN = SourceContractError("page 3: no such field")


def noted(*errors: AuthError | SourceContractError | SourceUnavailable) -> SourceResult:
    result = SourceResult("sign_ins", "contoso")
    for error in errors:
        note(result, error, PERMISSION)
    return result


def test_a_missing_permission_is_told_and_no_failure() -> None:
    result = noted(REFUSED, REFUSED)
    assert (result.status, result.optional) == ("ok", True)
    assert result.error == f"unavailable: {REFUSED}"


def test_a_token_that_is_not_given_is_a_failure() -> None:
    assert not is_refusal(NO_TOKEN, PERMISSION)
    assert noted(NO_TOKEN).status == "failed"


def test_a_failure_outweighs_a_refusal_in_any_order() -> None:
    for errors in ((REFUSED, BROKEN), (BROKEN, REFUSED)):
        result = noted(*errors)
        assert (result.status, result.optional, result.error) == ("failed", False, str(BROKEN))


def test_words_about_licences_count_as_a_refusal() -> None:
    words = "Neither tenant is B2C or tenant doesn't have premium license"
    assert is_refusal(RequestRefused(400, words, "GET x"), PERMISSION)
    assert not is_refusal(RequestRefused(400, "Invalid filter clause", "GET x"), PERMISSION)


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, ""), (405, ""), (400, "Resource not found for the segment 'auditLogs'.")],
)
def test_an_endpoint_that_a_cloud_does_not_have_counts_as_a_refusal(
    status: int, words: str
) -> None:
    assert is_refusal(RequestRefused(status, words, "GET x"), PERMISSION)


def test_a_source_that_gave_rows_after_its_error_is_partial(api: Api) -> None:
    result = noted(BROKEN)
    result.rows_read = 3
    api.requests, api.throttled = 5, 1
    finish(result, api, api)
    assert (result.status, result.requests, result.throttled) == ("partial", 10, 2)
