"""The query options of message traces as the service reads them, which is less than OData allows.

Of `$filter` only `eq`, `ge` and `le` count. Of several values for one property the last one wins;
`or`, `in`, `ne` and `not` are accepted and have no effect, and text functions work on the subject
alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from simulator.graph.trace_query import SUBJECT_TESTS, TraceRequest
from simulator.mail.instant import DAY, HOUR, SECOND, parse_instant
from simulator.world.ledger import oldest_day

DEFAULT_TOP, LARGEST_TOP = 1_000, 5_000
_LONGEST = 10 * DAY + SECOND  # the service tolerates one second more than it says
_DEFAULT_WINDOW = 48 * HOUR
_CLOCK_SKEW = 5 * SECOND

_EQUAL = re.compile(
    r"\b(id|senderAddress|recipientAddress|messageId|fromIP|toIP|status)\s+eq\s+'((?:[^']|'')*)'",
    re.IGNORECASE,
)
_TEXT_TEST = re.compile(
    r"\b(contains|startswith|endswith)\s*\(\s*subject\s*,\s*'((?:[^']|'')*)'\s*\)", re.IGNORECASE
)
_BOUND = re.compile(r"\breceivedDateTime\s+(ge|le)\s+([^\s()]+)", re.IGNORECASE)
_PROPERTIES = ("id", "senderAddress", "recipientAddress", "messageId", "fromIP", "toIP", "status")
_SPELLING = {name.lower(): name for name in _PROPERTIES}


class RefusedQueryError(Exception):
    """The service answers 400 with this text."""


def read_query(options: Mapping[str, str], clock: int) -> TraceRequest:
    """The query that `$filter` and `$top` ask for at a clock; other options are ignored.

    Raises: RefusedQueryError with the text of the service.
    """
    text = options.get("$filter", "")
    start, end = read_window(read_bounds(text), clock)
    return TraceRequest(
        start, end, _read_top(options.get("$top", "")), read_equals(text), read_subject(text)
    )


def _read_top(text: str) -> int:
    if text in ("", "0"):
        return DEFAULT_TOP
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LARGEST_TOP:
        raise RefusedQueryError("ResultSize is invalid")
    return int(text)


def read_window(bounds: Mapping[str, str], clock: int) -> tuple[int, int]:
    """(start, end) of the texts below `ge` and `le`; without any the last 48 hours.

    Raises: RefusedQueryError with the text of the service.
    """
    if not bounds:
        return clock - _DEFAULT_WINDOW, clock
    if "le" not in bounds:
        raise RefusedQueryError("EndDate is required when a StartDate is entered.")
    if "ge" not in bounds:
        raise RefusedQueryError("StartDate is required when an EndDate is entered.")
    try:
        start, end = parse_instant(bounds["ge"]), parse_instant(bounds["le"])
    except ValueError as error:
        raise RefusedQueryError(f"Invalid filter clause: {error}.") from error
    _check_window(start, end, clock)
    return start, end


def _check_window(start: int, end: int, clock: int) -> None:
    if end - start > _LONGEST:
        raise RefusedQueryError(
            "|System.ArgumentException|The interval between StartDate and EndDate can't be longer"
            " than 10 days."
        )
    if start < oldest_day(clock) * DAY:
        raise RefusedQueryError(
            "Invalid StartDate value. The StartDate can't be older than 90 days from today."
        )
    if end > clock + _CLOCK_SKEW:
        raise RefusedQueryError("Invalid EndDate value. The EndDate can't be in the future.")
    if start > end:
        raise RefusedQueryError("Invalid StartDate value. The StartDate can't follow the EndDate.")


def read_equals(text: str) -> dict[str, str]:
    """The last value per property."""
    return {
        _SPELLING[name.lower()]: value.replace("''", "'") for name, value in _EQUAL.findall(text)
    }


def read_subject(text: str) -> tuple[str, str] | None:
    """The last (test, text) on the subject, such as ("contains", "report")."""
    tests = [(name.lower(), value.replace("''", "'")) for name, value in _TEXT_TEST.findall(text)]
    return next((test for test in reversed(tests) if test[0] in SUBJECT_TESTS), None)


def read_bounds(text: str) -> dict[str, str]:
    """The last `ge` and `le` on the time of receipt, as written."""
    return {operator.lower(): value.strip("'") for operator, value in _BOUND.findall(text)}
