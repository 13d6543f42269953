"""Graph message trace pages: typed decode, straight into Arrow columns.

Source: Microsoft Graph, resource type exchangeMessageTrace (v1.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.errors import SourceContractError
from ingest.columns import exploded, recipients, senders, texts, trace_ids
from ingest.received import EARLIEST
from ingest.statuses import is_known, status_of
from warehouse.protection.pseudonyms import mapped
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


class TraceRow(msgspec.Struct, rename="camel", gc=False):
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
    """One page; `next_link` is opaque and used whole. With an error the rows are not all."""

    value: list[TraceRow]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")
    error: Any = None


class LoosePage(msgspec.Struct):
    """A page in which some value has another type than documented."""

    value: list[Any]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")
    error: Any = None


def lenient_page(body: bytes) -> TracePage:
    """The page with nothing but the odd values missing. Raises: ValidationError when it is none."""
    page = msgspec.json.decode(body, type=LoosePage)
    rows = [lenient_row(value, TraceRow) for value in page.value]
    return TracePage(rows, page.next_link, page.error)


def lenient_row(value: object, kind: type[Row]) -> Row:
    """The row with its texts and numbers; what is neither is null.

    Several texts are joined by `;`. What is no row at all is one without any value.
    """
    fields = value if isinstance(value, dict) else {}
    plain = {key: _as_text(part) for key, part in fields.items()}
    return msgspec.convert(plain, kind)


def _as_text(value: object) -> str | None:
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        return ";".join(value)
    return str(value) if isinstance(value, str | int | float) else None


def arrow_rows(rows: Sequence[TraceRow], latest: datetime) -> pa.Table:
    """The rows as columns of the fact table, and the `reason` why one cannot be kept.

    latest: no mail was received after it.
    """
    received = _null_where_empty(_texts(rows, "received_date_time"))
    columns = {
        "trace_id": _ids(rows),
        "recipient": _recipients(rows),
        "sender": senders(_texts(rows, "sender_address")),
        "received_at": readable_times(received),
        "status": mapped(_texts(rows, "status"), _status),
        "message_id": texts(_texts(rows, "message_id")),
        "subject": _null_where_empty(_texts(rows, "subject")),
        "size_bytes": [_whole_number(row.size) for row in rows],
        "from_ip": texts(_texts(rows, "from_ip")),
        "to_ip": texts(_texts(rows, "to_ip")),
    }
    table = pa.table(columns, schema=COLUMNS).append_column("received", received)
    whole = exploded(table.combine_chunks())
    reasons = _reasons(whole, whole["received"], latest)
    return whole.drop("received").append_column("reason", reasons)


def row_keys(rows: Sequence[TraceRow]) -> list[tuple[str | None, str | None]]:
    """(trace id, recipient) of the rows in the forms that the store keeps."""
    return list(zip(_ids(rows).to_pylist(), _recipients(rows).to_pylist(), strict=True))


def _ids(rows: Sequence[TraceRow]) -> pa.Array:
    return trace_ids(_texts(rows, "id"), pa.nulls(len(rows), pa.string()))


def _recipients(rows: Sequence[TraceRow]) -> pa.Array:
    return recipients(_texts(rows, "recipient_address"))


def _texts(rows: Sequence[TraceRow], name: str) -> pa.Array:
    return pa.array(list(map(attrgetter(name), rows)), pa.string())


def _null_where_empty(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)


def _status(text: str) -> str | None:
    """A known status as Graph spells it; a new word of Microsoft's stays as it came."""
    status = status_of(text)
    if status is None or not is_known(status):
        return status and text
    return status[:1].lower() + status[1:]


def _reasons(table: pa.Table, texts: pa.Array, latest: datetime) -> pa.Array:
    """Null for a row that can be kept."""
    trace_id, sender, recipient, times = (
        table[name] for name in ("trace_id", "sender", "recipient", "received_at")
    )
    first, last = (pa.scalar(moment, times.type) for moment in (EARLIEST, latest))
    outside = pc.or_(pc.less(times, first), pc.greater(times, last)).fill_null(False)
    reasons = {
        "id, senderAddress or recipientAddress is missing": pc.or_(
            pc.or_(_is_missing(trace_id), _is_missing(sender)), _is_missing(recipient)
        ),
        "receivedDateTime is missing": texts.is_null(),
        "receivedDateTime is no time": times.is_null(),
        "receivedDateTime is before 1990 or after now": outside,
    }
    reason = pa.nulls(table.num_rows, pa.string())
    for text, holds in reversed(reasons.items()):
        reason = pc.if_else(holds, text, reason)
    return reason


def _is_missing(values: pa.Array) -> pa.Array:
    return pc.equal(values, "").fill_null(True)


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
    complete = texts
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > len("2026-11-24T08:00:00Z"):
        complete = pc.replace_substring_regex(texts, r"(\.\d{6})\d+", r"\1")
    if not pc.all(pc.ends_with(complete, "Z")).as_py():
        zoned = pc.match_substring_regex(complete, r"(Z|[+-]\d\d:?\d\d)$")
        complete = pc.if_else(zoned, complete, pc.binary_join_element_wise(complete, "Z", ""))
    try:
        return complete.cast(pa.timestamp("us", tz="UTC"))
    except pa.ArrowInvalid as error:
        raise SourceContractError(f"{where}: receivedDateTime: {error}") from None
