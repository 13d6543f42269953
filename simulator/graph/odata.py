"""The `$filter` of message traces as the service reads it, which is less than OData allows.

Only `eq`, `ge` and `le` count. Of several values for one property the last one wins; `or`, `in`,
`ne` and `not` are accepted and have no effect, and text functions work on the subject alone.
"""

from __future__ import annotations

import re

from simulator.graph.trace_query import SUBJECT_TESTS

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


def read_equals(text: str) -> dict[str, str]:
    """The last value asked for per property."""
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
