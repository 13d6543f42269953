"""Graph message trace pages: typed decode, straight into Arrow columns.

Source: Microsoft Graph, resource type exchangeMessageTrace (v1.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.errors import SourceContractError
from ingest.received import EARLIEST
from warehouse.windows import Window

Row = TypeVar("Row")
LARGEST = 1 << 63
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

    received_date_time: str | None = None
    status: str | None = None
    id: str | None = None
    sender_address: str | None = None
    recipient_address: str | None = None
    message_id: str | None = None
    subject: str | None = None
    size: Any = None
    from_ip: str | None = msgspec.field(default=None, name="fromIP")
    to_ip: str | None = msgspec.field(default=None, name="toIP")


class TracePage(msgspec.Struct):
    """One page; `next_link` is opaque and used whole."""

    value: list[TraceRow]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class LoosePage(msgspec.Struct):
    """A page in which some value has another type than documented."""

    value: list[Any]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


def lenient_page(body: bytes) -> TracePage:
    """The page with nothing but the odd values missing. Raises: ValidationError when it is none."""
    page = msgspec.json.decode(body, type=LoosePage)
    return TracePage([lenient_row(value, TraceRow) for value in page.value], page.next_link)


def lenient_row(value: object, kind: type[Row]) -> Row:
    """The row with its texts and numbers; what is neither is null.

    What is no row at all is one without any value.
    """
    fields = value if isinstance(value, dict) else {}
    texts = {
        key: str(part) if isinstance(part, int | float) else part
        for key, part in fields.items()
        if isinstance(part, str | int | float)
    }
    return msgspec.convert(texts, kind)


def arrow_rows(rows: Sequence[TraceRow], latest: datetime) -> pa.Table:
    """The rows as columns of the fact table, and the `reason` why one cannot be kept.

    latest: no mail was received after it.
    """
    texts = pa.array([row.received_date_time or None for row in rows], pa.string())
    times = readable_times(texts)
    columns = {
        "trace_id": [row.id for row in rows],
        "recipient": [row.recipient_address for row in rows],
        "sender": [row.sender_address for row in rows],
        "received_at": times,
        "status": [row.status for row in rows],
        "message_id": [row.message_id for row in rows],
        "subject": [row.subject for row in rows],
        "size_bytes": [_whole_number(row.size) for row in rows],
        "from_ip": [row.from_ip or None for row in rows],
        "to_ip": [row.to_ip or None for row in rows],
    }
    table = pa.table(columns, schema=COLUMNS).combine_chunks()
    return table.append_column("reason", _reasons(table, texts, latest))


def _reasons(table: pa.Table, texts: pa.Array, latest: datetime) -> pa.Array:
    """Null for a row that can be kept."""
    trace_id, sender, recipient, times = (
        table[name] for name in ("trace_id", "sender", "recipient", "received_at")
    )
    first, last = (pa.scalar(moment, times.type) for moment in (EARLIEST, latest))
    outside = pc.or_(pc.less(times, first), pc.greater(times, last)).fill_null(False)
    reasons = {
        "id, senderAddress or recipientAddress is missing": pc.or_(
            pc.or_(trace_id.is_null(), sender.is_null()), recipient.is_null()
        ),
        "receivedDateTime is missing": texts.is_null(),
        "receivedDateTime is no time": times.is_null(),
        "receivedDateTime is before 1990 or after now": outside,
    }
    reason = pa.nulls(table.num_rows, pa.string())
    for text, holds in reversed(reasons.items()):
        reason = pc.if_else(holds, text, reason)
    return reason


def _whole_number(value: object) -> int | None:
    """2048 as a number or text; null for what is no count of bytes."""
    if type(value) is not int:
        try:
            number = float(str(value).replace(",", ""))
        except ValueError:
            return None
        if not number.is_integer():
            return None
        value = int(number)
    return value if 0 <= value < LARGEST else None


def readable_times(texts: pa.Array) -> pa.Array:
    """UTC instants of the texts; null for what is no time."""
    try:
        return utc_times(texts, "")
    except SourceContractError:
        return pa.array(
            [_readable_time(text) for text in texts.to_pylist()], COLUMNS.field("received_at").type
        )


def _readable_time(text: str | None) -> datetime | None:
    with suppress(SourceContractError):
        moment: datetime | None = utc_times(pa.array([text], pa.string()), "")[0].as_py()
        return moment
    return None


def oldest_time(rows: Sequence[TraceRow], window: Window) -> datetime | None:
    """How far back a page of rows, newest first, reaches into the window; None when none tells."""
    for row in reversed(rows):
        moment = _readable_time(row.received_date_time)
        if moment is not None and window.start <= moment <= window.end:
            return moment
    return None


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
