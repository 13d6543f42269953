"""Documents that commands print and pages show: typed until they are encoded.

A document is a msgspec Struct (or a dataclass) that holds datetimes, dates and Decimals. Encoding
writes times as ISO 8601 with `Z`, money as plain decimals, unknown as null (CONTRACT.md, JSON).
A field that is not always there has the type `… | UnsetType` and the default UNSET.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any, dataclass_transform

import msgspec

from hve_monitor.clock import iso


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the documents; the order of the fields is the order in JSON.

    A document whose optional fields stand before others says `kw_only=True` itself: msgspec
    inherits it for the fields of the base alone.
    """


def decimal_text(amount: Decimal | None) -> str | None:
    """The amount without exponent and without trailing zeros; None stays None."""
    if amount is None:
        return None
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def json_text(document: object) -> str:
    """The document as JSON text, its fields in their order."""
    builtins = msgspec.to_builtins(document, builtin_types=(datetime, date, Decimal))
    return json.dumps(builtins, ensure_ascii=False, default=_text)


def encoded(document: object) -> Any:
    """The document as JSON values: what a receiver of json_text would read."""
    return json.loads(json_text(document))


def _text(value: object) -> str | None:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return decimal_text(value)
    raise TypeError(f"{type(value).__name__} has no place in a document")
