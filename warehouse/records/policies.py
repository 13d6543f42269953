"""Policies and settings that decide whether HVE mail flows: one observation per change.

A row without document and without reason says that the object is gone. A row without object_id
speaks of its whole kind: its reason says why the last read of the kind failed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from warehouse.records.accounts import account_addresses, stored_rows
from warehouse.store import Store
from warehouse.tables import POLICIES

Identity = tuple[str, str | None]
APP_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Policy:
    """One object as it was read; `document` is JSON text with sorted keys."""

    kind: str
    object_id: str | None
    name: str | None = None
    document: str | None = None
    unavailable_reason: str | None = None
    source: str = "graph"

    @property
    def identity(self) -> Identity:
        """What the observation speaks of."""
        return self.kind, self.object_id

    @property
    def is_gone(self) -> bool:
        """Whether the object no longer exists, or the reason no longer holds."""
        return self.document is None and self.unavailable_reason is None

    @property
    def content(self) -> dict[str, Any]:
        """The document's values; empty without one."""
        values: dict[str, Any] = json.loads(self.document or "{}")
        return values

    @property
    def app_ids(self) -> tuple[str, ...] | None:
        """Ids of the applications that account settings name; None where no property lists any.

        Which property lists them is not documented: every one with "app" in its name counts, and
        null is unknown.
        """
        named = [value for name, value in self.content.items() if "app" in name.lower()]
        lists = [value for value in named if value is not None]
        if not lists:
            return None
        texts = [str(each) for value in lists for each in _each(value)]
        return tuple(dict.fromkeys(text.lower() for text in texts if APP_ID.fullmatch(text)))


def _each(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def newest_policies(store: Store, tenant: str) -> dict[Identity, Policy]:
    """The last observation of every object, of gone ones too."""
    rows = sorted(stored_rows(store, POLICIES, tenant), key=lambda row: row["batch"])
    names = Policy.__dataclass_fields__
    policies = [Policy(**{name: row[name] for name in names}) for row in rows]
    return {policy.identity: policy for policy in policies}


def _masked(store: Store, tenant: str, policies: Sequence[Policy]) -> list[Policy]:
    mask, own = store.mask(tenant), account_addresses(store, tenant)
    return [
        replace(
            each,
            name=mask.text(each.name, own),
            document=mask.text(each.document, own),
            unavailable_reason=mask.text(each.unavailable_reason, own),
        )
        for each in policies
    ]


def record_policies(
    store: Store,
    tenant: str,
    policies: Sequence[Policy],
    complete: Collection[str],
    now: datetime,
) -> tuple[int, int, int]:
    """Writes what differs from the last observation; returns (new, changed, unchanged).

    complete: kinds of which every object was read: what is known beyond them is gone.
    """
    policies = _masked(store, tenant, policies)
    known = newest_policies(store, tenant)
    found = {policy.identity for policy in policies}
    gone = [
        Policy(each.kind, each.object_id, each.name, source=each.source)
        for each in known.values()
        if each.kind in complete and each.identity not in found
    ]
    fresh = [each for each in [*policies, *gone] if known.get(each.identity) != each]
    if fresh:
        shared = {"tenant": tenant, "observed_at": now, "batch": store.state.next_batch()}
        rows = [{**asdict(policy), **shared} for policy in fresh]
        store.delta.append(POLICIES, pa.Table.from_pylist(rows, schema=POLICIES.schema))
    new = sum(policy.identity not in known for policy in fresh)
    return new, len(fresh) - new, len(policies) - sum(each in fresh for each in policies)
