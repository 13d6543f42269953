"""Graph message trace pages: typed decode, straight into Arrow columns.

Source: Microsoft Graph, resource type exchangeMessageTrace (v1.0).
"""

from __future__ import annotations

from collections.abc import Sequence

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


def arrow_rows(rows: Sequence[TraceRow], where: str) -> pa.Table:
    """The rows as columns of the fact table.

    Raises: SourceContractError when a time cannot be read.
    """
    texts = pa.array([row.received_date_time for row in rows], pa.string())
    columns = {
        "trace_id": [row.id for row in rows],
        "recipient": [row.recipient_address for row in rows],
        "sender": [row.sender_address for row in rows],
        "received_at": utc_times(texts, where),
        "status": [row.status for row in rows],
        "message_id": [row.message_id for row in rows],
        "subject": [row.subject for row in rows],
        "size_bytes": [row.size for row in rows],
        "from_ip": [row.from_ip or None for row in rows],
        "to_ip": [row.to_ip or None for row in rows],
    }
    return pa.table(columns, schema=COLUMNS)


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
