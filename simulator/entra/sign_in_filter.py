"""The `$filter` of sign-ins: clauses joined by `and`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

from simulator.entra.sign_ins import ServedSignIn
from simulator.mail.instant import SECOND, parse_instant

Test = Callable[[ServedSignIn], bool]
Comparison = Callable[[float, float], bool]

_COMPARE: dict[str, Comparison] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}
_TEXTS = "id|userId|userPrincipalName|appId|ipAddress|clientAppUsed|servicePrincipalId"
_TEXT = re.compile(rf"({_TEXTS})\s+eq\s+'((?:[^']|'')*)'$")
_TIME = re.compile(r"createdDateTime\s+(ge|gt|le|lt)\s+(\S+)$")
_ERROR = re.compile(r"status/errorCode\s+(eq|ne)\s+(\d+)$")
_KIND = re.compile(r"signInEventTypes/any\(\s*(\w+)\s*:\s*\1\s+eq\s+'(\w+)'\s*\)$")


class BadFilterError(Exception):
    """The service answers 400 with this text."""


def read_filter(text: str, *, beta: bool) -> tuple[list[Test], bool]:
    """(tests that a row must pass, whether service principals are requested).

    Raises: BadFilterError for any other clause.
    """
    if "signInEventTypes" in text and not beta:
        raise BadFilterError(
            "Could not find a property named 'signInEventTypes' on type 'microsoft.graph.signIn'."
        )
    tests, principals = [], False
    for clause in re.split(r"\s+and\s+", text.strip()) if text.strip() else []:
        kind = _KIND.match(clause.strip("() ") + ")") if "any(" in clause else None
        if kind:
            principals = kind.group(2) == "servicePrincipal"
            tests.append(_of_kind(kind.group(2)))
        else:
            tests.append(_test(clause.strip("() ")))
    return tests, principals


def _of_kind(kind: str) -> Test:
    return lambda row: kind in row["signInEventTypes"]


def _test(clause: str) -> Test:
    text, time, error = _TEXT.match(clause), _TIME.match(clause), _ERROR.match(clause)
    if text:
        return _equal(text.group(1), text.group(2).replace("''", "'").lower())
    if time:
        return _timed(_COMPARE[time.group(1)], _seconds(time.group(2)))
    if error:
        compare, code = _COMPARE[error.group(1)], int(error.group(2))
        return lambda row: compare(row["status"]["errorCode"], code)
    raise BadFilterError("Invalid filter clause")


def _equal(name: str, value: str) -> Test:
    return lambda row: str(row.get(name, "")).lower() == value


def _timed(compare: Comparison, bound: float) -> Test:
    return lambda row: compare(_seconds(row["createdDateTime"]), bound)


def _seconds(text: str) -> float:
    try:
        return parse_instant(text.strip("'")) / SECOND
    except ValueError as error:
        raise BadFilterError(f"Invalid filter clause: {error}") from error
