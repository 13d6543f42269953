"""Policies and settings that decide whether HVE mail flows: one observation per change.

A row without document and without reason says that the object is gone. A row without object_id
speaks of its whole kind: its reason says why the last read of the kind failed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from warehouse.records.accounts import account_addresses
from warehouse.records.observed import Counts, Observed, masked
from warehouse.store import Store
from warehouse.tables import POLICIES

Identity = tuple[str, str | None]
TEXTS = ("name", "document", "unavailable_reason")  # what may name a person
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
        return dict(json.loads(self.document or "{}"))

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
        texts = [str(item) for value in lists for item in _items(value)]
        return tuple(dict.fromkeys(text.lower() for text in texts if APP_ID.fullmatch(text)))


def _items(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


OBSERVED = Observed(POLICIES, Policy, lambda policy: policy.identity)


def newest_policies(store: Store, tenant: str) -> dict[Identity, Policy]:
    """The last observation of every object, of gone ones too."""
    return OBSERVED.newest(store, tenant)


def record_policies(
    store: Store,
    tenant: str,
    policies: Sequence[Policy],
    complete: Collection[str],
    now: datetime,
) -> Counts:
    """Writes what differs from the last observation.

    complete: kinds of which every object was read: what is known beyond them is gone.
    """
    mask, own = store.mask(tenant), account_addresses(store, tenant)
    read = [masked(mask, policy, TEXTS, own) for policy in policies]
    newest, answered = newest_policies(store, tenant), {policy.identity for policy in read}
    gone = {
        identity: Policy(policy.kind, policy.object_id, policy.name, source=policy.source)
        for identity, policy in newest.items()
        if policy.kind in complete and identity not in answered
    }
    return OBSERVED.record(store, tenant, [*read, *gone.values()], newest, now, inferred=gone)
