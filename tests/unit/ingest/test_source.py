"""What a source reports."""

from __future__ import annotations

from hve_monitor.document import encoded
from hve_monitor.errors import AuthError, ThrottledError
from ingest.source import SourceResult


def test_an_error_before_any_row_is_a_failure_and_after_rows_partial() -> None:
    nothing, some = SourceResult("accounts", "contoso"), SourceResult("accounts", "contoso")
    some.rows_read = 3
    for result in (nothing, some):
        result.note(AuthError("no token"))
    assert (nothing.status, some.status) == ("failed", "partial")


def test_the_first_error_is_told_and_one_lasting_error_is_enough() -> None:
    result = SourceResult("accounts", "contoso")
    result.note(ThrottledError("first"))
    assert result.temporary
    result.note(AuthError("second"))
    assert (result.error, result.temporary) == ("first", False)
    result.note(ThrottledError("third"))
    assert not result.temporary


def test_the_summary_has_the_fields_of_the_contract() -> None:
    assert encoded(SourceResult("accounts", "contoso", requests=2).summary()) == {
        "source": "accounts",
        "tenant": "contoso",
        "requests": 2,
        "throttled": 0,
        "rows_read": 0,
        "rows_new": 0,
        "rows_changed": 0,
        "rows_unchanged": 0,
        "rows_rejected": 0,
        "status": "ok",
        "error": None,
    }
