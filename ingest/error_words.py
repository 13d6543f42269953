"""Microsoft's own words and codes out of the body of a refusal."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from hve_monitor.text import one_line

# What a body that is no error of Microsoft raises while its words are looked for.
UNUSABLE = (
    msgspec.DecodeError, UnicodeDecodeError, RecursionError,
    KeyError, TypeError, AttributeError, IndexError,
)  # fmt: skip
NAMES_OF_STATUS = {
    name for status in HTTPStatus for name in (str(status.value), status.phrase.replace(" ", ""))
}


class AzureError(msgspec.Struct):
    """What Azure Resource Manager says of a refusal."""

    code: str = ""
    innererror: object = None
    innerError: object = None  # noqa: N815 - Graph's name
    details: object = None


class AzureRefusal(msgspec.Struct):
    """A refusal as its body carries it."""

    error: AzureError


def error_message(body: bytes) -> str:
    """Microsoft's own words out of an error body of Graph, Exchange or Azure; "" without any.

    Exchange hides the useful text below `innererror` or `details`; a leading `|Type|` is cut.
    """
    try:
        error = msgspec.json.decode(body)["error"]
        inner = error.get("innererror") or error.get("innerError") or {}
        details = error.get("details") or [{}]
        text = (
            (inner.get("internalexception") or {}).get("message")
            or details[0].get("message")
            or error.get("message")
            or ""
        )
    except UNUSABLE:
        return ""
    return one_line(str(text).rsplit("|", 1)[-1])


def error_code(body: bytes) -> str:
    """Azure's name of an error, such as IndirectCostDisabled; "" where it repeats the status.

    Graph and Exchange tell more below `innererror` or `details` than their codes do.
    """
    try:
        error = msgspec.json.decode(body, type=AzureRefusal).error
    except UNUSABLE:
        return ""
    has_more = error.innererror or error.innerError or error.details
    return "" if has_more or error.code in NAMES_OF_STATUS else error.code
