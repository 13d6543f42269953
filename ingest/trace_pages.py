"""Graph message trace pages: typed decode, straight into Arrow columns.

Source: Microsoft Graph, resource type exchangeMessageTrace (v1.0).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.errors import SourceContractError

COLUMNS = pa.schema(
    [
        ("trace_id", pa.string()),
        ("recipient", pa.string()),
        ("sender", pa.string()),
        ("received_at", pa.timestamp("us", tz="UTC")),
        ("status", pa.string()),
        ("message_id", pa.string()),
        ("subject", pa.string()),
        ("size_bytes", pa.int64()),
        ("from_ip", pa.string()),
        ("to_ip", pa.string()),
    ]
)


class TraceRow(msgspec.Struct, rename="camel"):
    """One message and recipient. An unknown status is kept as it came."""

    received_date_time: str
    status: str
    id: str | None = None
    sender_address: str | None = None
    recipient_address: str | None = None
    message_id: str | None = None
    subject: str | None = None
    size: int | None = None
    from_ip: str | None = msgspec.field(default=None, name="fromIP")
    to_ip: str | None = msgspec.field(default=None, name="toIP")


class TracePage(msgspec.Struct):
    """One page; `next_link` is opaque and used whole."""

    value: list[TraceRow]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


def arrow_rows(rows: Iterable[TraceRow], where: str) -> pa.Table:
    """The rows as columns of the fact table.

    Raises: SourceContractError when a time cannot be read.
    """
    columns = list(zip(*(_values(row) for row in rows), strict=True))
    if not columns:
        return COLUMNS.empty_table()
    columns[3] = utc_times(pa.array(columns[3], pa.string()), where)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, COLUMNS, strict=True)]
    return pa.table(arrays, schema=COLUMNS)


def _values(row: TraceRow) -> tuple[object, ...]:
    return (
        row.id,
        row.recipient_address,
        row.sender_address,
        row.received_date_time,
        row.status,
        row.message_id,
        row.subject,
        row.size,
        row.from_ip or None,
        row.to_ip or None,
    )


def utc_times(texts: pa.Array, where: str) -> pa.Array:
    """UTC instants of ISO 8601 texts with 0 to 7 or more fractional digits.

    Digits beyond the microsecond are cut, never rounded: rounding would move the last instant of a
    day into the next one. A text without a zone is UTC.
    """
    cut = pc.replace_substring_regex(texts, r"(\.\d{6})\d+", r"\1")
    zoned = pc.match_substring_regex(cut, r"(Z|[+-]\d\d:?\d\d)$")
    complete = pc.if_else(zoned, cut, pc.binary_join_element_wise(cut, "Z", ""))
    try:
        return complete.cast(pa.timestamp("us", tz="UTC"))
    except pa.ArrowInvalid as error:
        raise SourceContractError(f"{where}: receivedDateTime: {error}") from None
