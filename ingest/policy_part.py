"""One part of the policies: what is read, through which service, with which permission."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from ingest.http import Api, JsonObject
from warehouse.records.policies import Policy


@dataclass(frozen=True)
class Part:
    """A kind of object that is read as a whole and fails on its own."""

    kind: str
    source: str
    permission: str
    api: Api
    read: Callable[[], list[Policy]]


def document(values: JsonObject) -> str:
    """JSON text that is the same for the same content.

    Keys are sorted, annotations (`@odata.type`) left out, and lists of texts sorted: services list
    users and groups in any order.
    """
    return json.dumps(_settled(values), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _settled(value: object) -> object:
    if isinstance(value, dict):
        return {name: _settled(item) for name, item in value.items() if "@" not in name}
    if isinstance(value, list):
        texts = all(isinstance(item, str) for item in value)
        return sorted(value) if texts else [_settled(item) for item in value]
    return value
