"""What a batch of message trace rows adds to the rows that are stored.

The batch is compared with what the store holds for the same days. The columns with the most bytes
are read last, of the rows alone that nothing else tells apart from the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hve_monitor.files import sql
from warehouse.connection import arrow, duckdb_type, files_sql
from warehouse.store import Store
from warehouse.tables import MESSAGE_TRACES

REPEATED = "select 1 from incoming group by trace_id, recipient having count(*) > 1 limit 1"
LATEST = sql(__file__, "landing_latest")
STORED = sql(__file__, "landing_stored")
CARRIED = sql(__file__, "landing_carried")
# A field that an observation does not carry keeps its stored value.
FIELDS = ("message_id", "subject", "size_bytes", "from_ip", "to_ip")
# One message is dated by its origin, its receipt or an event, in UTC or a local time.
DATED_APART = timedelta(days=7)
# What ends a message. Any other word, one that nobody knows included, never takes its place.
SETTLED = (
    *("delivered", "failed", "quarantined", "filteredasspam"),
    *("expanded", "resolved", "recalled"),
)
UNSETTLED = ("pending", "gettingstatus", "unknownfuturevalue", "unknown", "none")


def added_by(
    store: Store, incoming: pa.Table, files: Sequence[str], observed_at: datetime
) -> pa.Table:
    """Rows of the batch that are new or change what is stored, by day and row.

    incoming: the columns of `message_traces.BROUGHT`. files: those that may hold rows of the batch.
    Shape: one row per (trace_id, recipient) and week, with is_revision, first_seen_at and
    observed_at.
    """
    with store.compute() as connection:
        latest = _latest(connection, incoming)
        connection.register("latest", latest)
        stored = _stored(connection, latest, files)
    return _merged(latest, stored, observed_at)


def _latest(connection: duckdb.DuckDBPyConnection, incoming: pa.Table) -> pa.Table:
    """The batch with one row per (trace_id, recipient) and week."""
    connection.register("incoming", incoming)
    if not connection.execute(REPEATED).fetchall():
        return incoming
    return arrow(connection, LATEST, {"apart": DATED_APART, "settled": list(SETTLED)})


def _stored(
    connection: duckdb.DuckDBPyConnection, latest: pa.Table, files: Sequence[str]
) -> pa.Table:
    """One row per row of the batch that is stored, as of landing_stored.sql."""
    complete = [name for name in FIELDS if not latest[name].null_count]
    _offer_existing(connection, files, left_out=complete)
    stored = arrow(connection, STORED, {"apart": DATED_APART, "settled": list(SETTLED)})
    compared = stored.filter(pc.invert(stored["is_changed"]))
    if not (complete and compared.num_rows):
        return stored
    _offer_existing(connection, files)
    connection.register("compared", compared)
    carried = arrow(connection, CARRIED)
    place = pc.index_in(stored["incoming_row"], value_set=carried["incoming_row"])
    for name in complete:
        index = stored.schema.get_field_index(name)
        stored = stored.set_column(index, name, carried[name].take(place))
    return stored


def _offer_existing(
    connection: duckdb.DuckDBPyConnection, files: Sequence[str], left_out: Sequence[str] = ()
) -> None:
    """The rows of files with their places; columns that are left out are null."""
    types = {name: duckdb_type(MESSAGE_TRACES.schema.field(name).type) for name in left_out}
    nulls = ", ".join(f"null::{kind} as {name}" for name, kind in types.items())
    columns = f"* replace ({nulls})" if nulls else "*"
    rows = files_sql(MESSAGE_TRACES, files, has_places=True)
    connection.execute(f"create or replace view existing as select {columns} from ({rows})")


def _merged(latest: pa.Table, stored: pa.Table, observed_at: datetime) -> pa.Table:
    """The rows of the batch that say something new, joined with what is stored of them."""
    place = pc.index_in(latest["row"], value_set=stored["incoming_row"])
    is_stored, before = pc.is_valid(place), stored.take(place)
    now = pa.scalar(observed_at, before.schema.field("observed_at").type)
    is_later = pc.fill_null(pc.greater(before["observed_at"], now), fill_value=False)
    columns = {
        "day": pc.coalesce(before["day"], latest["day"]),
        "received_at": pc.coalesce(before["received_at"], latest["received_at"]),
        "status": pc.if_else(is_stored, before["status"], latest["status"]),
        "first_seen_at": pc.coalesce(before["first_seen_at"], now),
        "observed_at": pc.if_else(is_later, before["observed_at"], now),
        "is_revision": is_stored,
    }
    is_fresh = pc.fill_null(before["is_changed"], fill_value=True)
    for name in FIELDS:
        is_fresh = pc.or_(is_fresh, _tells(latest[name], before[name]))
        lacks = latest[name].null_count
        columns[name] = pc.coalesce(latest[name], before[name]) if lacks else latest[name]
    columns |= {name: latest[name] for name in ("trace_id", "recipient", "sender", "row")}
    return _by_day(pa.table(columns), is_fresh.to_numpy())


def _by_day(rows: pa.Table, is_kept: NDArray[np.bool_]) -> pa.Table:
    """The rows that are kept, by day and then as they come."""
    days, places = rows["day"].to_numpy(), np.flatnonzero(is_kept)
    if len(places) == len(days) and (days[1:] >= days[:-1]).all():
        return rows
    return rows.take(pa.array(places[np.argsort(days[places], kind="stable")]))


def _tells(new: pa.ChunkedArray, stored: pa.ChunkedArray) -> pa.ChunkedArray:
    """Where the new value is known and is not the stored one."""
    return pc.and_(pc.is_valid(new), pc.fill_null(pc.not_equal(new, stored), fill_value=True))
