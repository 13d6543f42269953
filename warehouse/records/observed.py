"""Observations of small things: one row per change of what an identity looks like.

What is read again and looks as before is not written again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import pyarrow as pa

from warehouse.protection.pseudonyms import Mask
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import AnyTable, SmallTable

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
Identity = TypeVar("Identity", bound=Hashable)


class Counts(NamedTuple):
    """How many observations were new, changed and unchanged."""

    new: int
    changed: int
    unchanged: int


@dataclass(frozen=True)
class Observed(Generic[T, Identity]):
    """Observations of one kind in one table; the last one of an identity holds.

    source: where the rows come from, for a kind that does not hold it.
    """

    table: SmallTable
    kind: type[T]
    identity: Callable[[T], Identity]
    source: str | None = None

    def newest(self, store: Store, tenant: str) -> dict[Identity, T]:
        """The last observation of every identity."""
        rows = sorted(stored_rows(store, self.table, tenant), key=lambda row: row["batch"])
        names = [field.name for field in fields(self.kind)]
        observations = [self.kind(**{name: row[name] for name in names}) for row in rows]
        return {self.identity(observation): observation for observation in observations}

    def record(
        self,
        store: Store,
        tenant: str,
        observations: Sequence[T],
        newest: Mapping[Identity, T],
        now: datetime,
        inferred: Collection[Identity] = (),
    ) -> Counts:
        """Writes what differs from the newest observation of its identity.

        inferred: identities that were not read themselves; they never count as unchanged.
        """
        fresh: list[T] = []
        new = unchanged = 0
        for observation in observations:
            identity = self.identity(observation)
            if newest.get(identity) != observation:
                fresh.append(observation)
                new += identity not in newest
            else:
                unchanged += identity not in inferred
        append_rows(store, self.table, tenant, map(asdict, fresh), now, self.source)
        return Counts(new, len(fresh) - new, unchanged)


def append_rows(
    store: Store,
    table: AnyTable,
    tenant: str,
    rows: Iterable[Mapping[str, object]],
    now: datetime,
    source: str | None = None,
) -> None:
    """Adds rows as one batch, with the tenant and when and where they were observed."""
    rows = list(rows)
    if rows:
        shared = {"tenant": tenant, "observed_at": now, "batch": store.state.next_batch()}
        whole = [{**shared, "source": source, **row} for row in rows]
        store.append(table, pa.Table.from_pylist(whole, schema=table.schema))


def masked(mask: Mask, observation: T, names: Sequence[str], own: Collection[str]) -> T:
    """The observation with the texts of these fields as they are stored.

    own: addresses of applications, which stay.
    """
    texts = {name: mask.text(getattr(observation, name), own) for name in names}
    return replace(observation, **texts)
