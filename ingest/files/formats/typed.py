"""Rows of text with their types: those in the usual forms by columns, the others by typed.sql.

Both give the same values; typed.sql knows every form of a time and of a number, and the reason why
a row cannot be kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import reduce

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.files import sql
from ingest.columns import contents
from ingest.received import EARLIEST
from warehouse.connection import arrow
from warehouse.tables.table import COUNT, UTC_TIME

TYPED = sql(__file__, "typed")
USUAL_TIME = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?$"
SECONDS, MICROSECONDS = len("2026-11-24T08:00:00Z"), len("2026-11-24T08:00:00.123456")
USUAL_SIZE, DIGITS = r"^\d{1,18}$", b"0123456789"
SAME = (
    *("line", "trace_id", "sender", "recipient", "message_id", "subject"),
    *("from_ip", "to_ip", "status"),
)
MAY_BE_EMPTY = ("sender", "recipient", "received", "subject", "size", "status")


def parts(rows: pa.Table) -> pa.Table:
    """One row per part of every message's `recipient_status`, in its order, with its recipient.

    `a@x##Receive, Deliver;b@x##Receive, Fail` has two parts. Seldom two of one recipient: best.sql.
    """
    cells = rows["status"].combine_chunks().fill_null("")
    cells = pc.if_else(pc.ends_with(cells, ";"), pc.utf8_rtrim(cells, "; "), cells)
    listed = pc.split_pattern(cells, ";")
    flat = pc.list_flatten(listed)
    same = rows.drop(["status", "recipient"])
    if len(flat) > rows.num_rows:
        same = same.take(pc.list_parent_indices(listed))
    pair = pc.split_pattern(flat, "##")
    if not pc.all(pc.equal(pc.list_value_length(pair), 2)).as_py():
        # With one more separator each part has an address and events, and what is behind them.
        pair = pc.split_pattern(pc.binary_join_element_wise(flat, "", "##"), "##", max_splits=2)
    address, events = (pc.list_element(pair, place) for place in range(2))
    return _with(same, ("recipient", "status"), [pc.utf8_trim(address, " "), events])


def typed(connection: duckdb.DuckDBPyConnection, rows: pa.Table, latest: datetime) -> pa.Table:
    """The rows in their order, typed; `reason` says why one cannot be kept and is else null.

    latest: no mail was received after it.
    """
    texts = {name: _null_where_empty(rows[name]) for name in MAY_BE_EMPTY}
    received, size = texts.pop("received"), texts.pop("size")
    same = pa.table({name: texts.get(name, rows[name]) for name in SAME})
    times, sizes = _times(received), _sizes(size)
    usual = _are_usual(same, times, latest)
    usual = pc.and_(usual, pc.or_(sizes.is_valid(), size.is_null()))
    values = [times, sizes, pa.nulls(rows.num_rows, pa.string())]
    by_columns = _with(same, ("received_at", "size_bytes", "reason"), values)
    if pc.all(usual).as_py():
        return by_columns
    texts = _with(same, ("received_text", "size_text"), [received, size])
    connection.register("odd", texts.filter(pc.invert(usual)))
    connection.execute("create or replace temp view texts as select * from odd")
    odd = arrow(connection, TYPED).select(by_columns.column_names)
    is_usual = usual.to_numpy(zero_copy_only=False)
    places = np.append(np.flatnonzero(is_usual), np.flatnonzero(~is_usual))
    whole = pa.concat_tables([by_columns.filter(usual), odd.cast(by_columns.schema)])
    return whole.take(pa.array(np.argsort(places)))


def _are_usual(rows: pa.Table, times: pa.Array, latest: datetime) -> pa.Array:
    """Whether a row can be kept without a doubt, but for its size."""
    first, last = (pa.scalar(moment, UTC_TIME) for moment in (EARLIEST, latest))
    holds = [
        rows["trace_id"].is_valid(),
        pc.and_(pc.greater_equal(times, first), pc.less_equal(times, last)),
        *(_are_whole(rows[name]) for name in ("sender", "recipient")),
    ]
    return reduce(pc.and_, (part.fill_null(False) for part in holds)).combine_chunks()


def _are_whole(addresses: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether they are addresses, and none that a tool has cut."""
    whole, listed = pc.match_substring(addresses, "@"), contents(addresses)
    for sign in ("...", "…"):
        if any(sign.encode() in part for part in listed):
            whole = pc.and_not(whole, pc.match_substring(addresses, sign))
    return whole


def _times(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """UTC instants of ISO 8601, digits beyond the microsecond cut; null for all other texts."""
    shortest = pc.min(pc.binary_length(texts)).as_py() or 0
    if shortest >= SECONDS and pc.all(pc.ends_with(texts, "Z")).as_py():
        with suppress(pa.ArrowInvalid):
            return texts.cast(pa.timestamp("ns", "UTC")).cast(UTC_TIME, safe=False)
    cut = pc.utf8_slice_codeunits(pc.ascii_rtrim(texts, "Z"), 0, MICROSECONDS)
    return _cast(_only(cut, pc.match_substring_regex(texts, USUAL_TIME)), pa.timestamp("us")).cast(
        UTC_TIME
    )


def _sizes(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers of texts of digits; null for all others."""
    if any(content.translate(None, DIGITS) for content in contents(texts)):
        texts = _only(texts, pc.match_substring_regex(texts, USUAL_SIZE))
    return _cast(texts, COUNT)


def _only(texts: pa.ChunkedArray, usual: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(usual, texts, pa.scalar(None, pa.string()))


def _cast(texts: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """The values of the texts; none at all where one of them is no value."""
    try:
        return texts.cast(kind)
    except pa.ArrowInvalid:
        return pa.chunked_array([pa.nulls(len(texts), kind)])


def _null_where_empty(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)


def _with(rows: pa.Table, names: Sequence[str], values: Sequence[pa.Array]) -> pa.Table:
    for name, column in zip(names, values, strict=True):
        rows = rows.append_column(name, column)
    return rows
