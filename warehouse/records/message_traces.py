"""Landing of message trace rows: only what is new or changed is written.

Reading the same rows again, from any source, changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import ip_address

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.privacy.identities import keep_identities
from warehouse.protection.pseudonyms import is_pseudonym, mapped
from warehouse.records.landing import DATED_APART, SETTLED, UNSETTLED, added_by
from warehouse.store import Store
from warehouse.tables import MESSAGE_TRACES

# Columns that differ between the rows of a batch before it is compared with what is stored.
BROUGHT = [
    field
    for field in MESSAGE_TRACES.schema
    if field.name
    not in ("tenant", "is_revision", "first_seen_at", "observed_at", "batch", "source")
]
UNKNOWN_WORD = "(word)"  # a status that is none of these, where names are hidden


@dataclass
class Landed:
    """What became of rows: read = new + changed + unchanged + purged (+ rejected by the source).

    purged: rows of days that retention has dropped; they were not stored.
    """

    read: int = 0
    new: int = 0
    changed: int = 0
    purged: int = 0
    days: frozenset[date] = frozenset()

    @property
    def unchanged(self) -> int:
        """Rows that brought nothing new."""
        return self.read - self.new - self.changed - self.purged

    def __add__(self, other: Landed) -> Landed:
        return Landed(
            self.read + other.read,
            self.new + other.new,
            self.changed + other.changed,
            self.purged + other.purged,
            self.days | other.days,
        )


def land(
    store: Store,
    tenant: str,
    rows: pa.Table,
    observed_at: datetime,
    source: str,
    since_batch: int = 0,
) -> Landed:
    """Writes what a batch of rows adds to the store and returns the counts.

    rows: trace_id, recipient, sender, received_at and the optional columns of the fact table; the
    required ones without nulls. Addresses are stored in lower case.
    since_batch: from which batch on rows of the source are dated like these: a service always dates
    alike (0), a file only within one reading of it.
    A pair of id and recipient that is stored within a week of the new row is that row: it keeps its
    day. The touched days are marked dirty around the append.
    """
    if rows.num_rows == 0:
        return Landed()
    batch = store.state.next_batch()
    plain = _as_stored(rows)
    incoming = store.mask(tenant).traces(plain)
    if store.protection.mode != "full":
        incoming = _known_values(incoming)
    purged = store.state.purged_before(tenant)
    if purged is not None:
        plain, incoming = (rows.filter(_since(rows, purged)) for rows in (plain, incoming))
    days = frozenset(pc.unique(incoming["day"]).to_pylist())
    files = _files(store, tenant, days, source, since_batch)
    fresh = added_by(store, incoming, files, observed_at)
    changed = pc.sum(fresh["is_revision"]).as_py() or 0
    touched = frozenset(pc.unique(fresh["day"]).to_pylist())
    if fresh.num_rows:
        is_pseudonymous = store.protection.mode == "pseudonymous"
        people = _people(plain, incoming, fresh) if is_pseudonymous else {}
        keep_identities(store, tenant, people)
        same = {"tenant": tenant, "batch": batch, "source": source}
        with store.state.changing(tenant, touched):
            store.delta.append(MESSAGE_TRACES, _with_constants(fresh, same))
    dropped = rows.num_rows - incoming.num_rows
    return Landed(rows.num_rows, fresh.num_rows - changed, changed, dropped, touched)


def _known_values(rows: pa.Table) -> pa.Table:
    """Columns that are stored as they are, with nothing but what belongs into them.

    Where columns of a file are shifted, a name or an address may stand in their place.
    """
    for name, change in (("status", _known_status), ("from_ip", _source), ("to_ip", _source)):
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, rows.schema.field(name), mapped(rows[name], change))
    return rows


def _known_status(text: str) -> str:
    return text if text.lower() in (*SETTLED, *UNSETTLED) else UNKNOWN_WORD


def _source(text: str) -> str | None:
    """The text where it is an address of the network, with or without brackets and port."""
    bare = re.sub(r"(?i)^ipv6:", "", text.strip(" []"))
    if bare.count(".") == 3:
        bare = bare.partition(":")[0] if "::" not in bare else bare
    try:
        ip_address(bare.partition("]")[0])
    except ValueError:
        return None
    return None if "%" in text else text  # a zone may be any text


def _since(rows: pa.Table, day: date) -> pa.Array:
    """Rows of the retained days: marts of purged ones stand and are never rebuilt."""
    return pc.greater_equal(rows["day"], pa.scalar(day, pa.date32()))


def _people(plain: pa.Table, masked: pa.Table, fresh: pa.Table) -> dict[str, str]:
    """Who is behind the pseudonyms that are about to be written."""
    pairs = pa.table({"stored": masked["recipient"], "address": plain["recipient"]})
    written = pairs.filter(pc.is_in(pairs["stored"], value_set=pc.unique(fresh["recipient"])))
    distinct = written.group_by(["stored", "address"]).aggregate([])
    columns = zip(distinct["stored"].to_pylist(), distinct["address"].to_pylist(), strict=True)
    return {stored: address for stored, address in columns if is_pseudonym(stored, address)}


def _files(
    store: Store, tenant: str, days: Collection[date], source: str, since_batch: int
) -> list[str]:
    """Files that may hold rows of a batch of these days."""
    files = store.delta.files(MESSAGE_TRACES, tenant, days)
    return files + store.delta.files_of_others(
        MESSAGE_TRACES, tenant, _around(days), source, since_batch
    )


def _around(days: Collection[date]) -> set[date]:
    """Other days, on which another source may have dated the same messages."""
    reach = DATED_APART.days
    near = {day + timedelta(days=step) for day in days for step in range(-reach, reach + 1)}
    return near.difference(days)


def _as_stored(rows: pa.Table) -> pa.Table:
    """What the source brought in the columns of the fact table; what it lacks is null."""
    columns = {}
    for field in BROUGHT:
        if field.name == "row":
            columns["row"] = pa.array(np.arange(rows.num_rows), field.type)
        elif field.name == "day":
            columns["day"] = (
                rows["received_at"].cast(pa.timestamp("us")).cast(field.type, safe=False)
            )
        elif field.name not in rows.column_names:
            columns[field.name] = pa.nulls(rows.num_rows, field.type)
        elif field.name in ("sender", "recipient"):
            columns[field.name] = pc.utf8_lower(rows[field.name].cast(field.type))
        else:
            columns[field.name] = rows[field.name].cast(field.type)
    return pa.table(columns)


def _with_constants(rows: pa.Table, values: Mapping[str, object]) -> pa.Table:
    for name, value in values.items():
        scalar = pa.scalar(value, MESSAGE_TRACES.schema.field(name).type)
        rows = rows.append_column(name, pa.repeat(scalar, rows.num_rows))
    return rows
