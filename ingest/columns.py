"""Columns of message traces in the one form that the store keeps, whatever their source wrote.

Addresses, ids and statuses are spelled in many ways. Most columns hold none but the usual one: that
is looked up in their bytes, and only the others are worked on, each distinct value once.
"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.addresses import NOTHING, address_of, addresses_in
from ingest.statuses import status_of
from warehouse.protection.pseudonyms import mapped

USUAL = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._+-='/;"
GUID = (
    r"(?i)^[{(\[\"']*(?:urn:uuid:)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})"
    r"-?([0-9a-f]{12})[})\]\"']*$"
)
PART = re.compile(r"(?:\"[^\"]*\"|<[^>]{0,1000}>|[^;\n\"<]+|[\"<])++")
# As SQL Server shows the bytes of a uniqueidentifier, its first three groups turned round.
SERVER_BYTES = r"(?i)^0x" + 8 * "([0-9a-f]{2})" + "([0-9a-f]{16})$"
GUID_LENGTH = 36
NO_GUID = "00000000-0000-0000-0000-000000000000"
NO_TEXT = tuple(sorted(NOTHING))
LONGEST_NO_TEXT = max(map(len, NO_TEXT))


def recipients(values: pa.Array) -> pa.Array:
    """The addresses that each value names, joined by `;`; "" for a value that names none."""
    return mapped(values, _joined) if _is_odd(values, contents(values)) else values


def senders(values: pa.Array) -> pa.Array:
    """The address of each value, `<>` for mail without a sender."""
    parts = contents(values)
    is_odd = any(b";" in part for part in parts) or _is_odd(values, parts)
    return mapped(values, address_of) if is_odd else values


def recipient_statuses(values: pa.Array) -> pa.Array:
    """`address##events;address##events` with every address in its one form."""
    parts = contents(values)
    if (
        2 * _count(parts, b"@") == _count(parts, b"#")
        and not any(part.translate(None, USUAL + b"#, ") for part in parts)
        and not any(b".##" in part for part in parts)
        and not any(form in part for part in parts if b"'" in part for form in (b"'##", b";'"))
    ):
        return values
    return mapped(values, _with_plain_addresses)


def statuses(values: pa.Array) -> pa.Array:
    """Statuses in Microsoft's words; other words stay, null where a text says nothing."""
    return mapped(values, status_of)


def texts(values: pa.Array) -> pa.Array:
    """The values, null for those that only say that there is none."""
    shortest = pc.min(pc.binary_length(values)).as_py()
    if shortest is None or shortest > LONGEST_NO_TEXT or not _any_nothing(pc.unique(values)):
        return values
    return pc.if_else(_says_nothing(values), pa.scalar(None, pa.string()), values)


def trace_ids(values: pa.Array, message_ids: pa.Array) -> pa.Array:
    """Ids in one form, null where there is none; without a trace id the message id stands in.

    A GUID is written in lower case with dashes and nothing around it, a message id in its brackets.
    """
    named = _ids(values)
    if not named.null_count:
        return named
    return pc.coalesce(named, _ids(message_ids))


def exploded(table: pa.Table) -> pa.Table:
    """A row for each recipient that a row names, with all else as it was."""
    names = table["recipient"]
    if not holds(names, b";"):
        return table
    parts = pc.split_pattern(pc.utf8_trim(names.fill_null(""), "; "), ";")
    rows = table.take(pc.list_parent_indices(parts))
    recipient = pc.utf8_trim_whitespace(pc.list_flatten(parts))
    return rows.set_column(rows.schema.get_field_index("recipient"), "recipient", recipient)


def _with_plain_addresses(cell: str) -> str:
    """The parts of a `recipient_status`; `;` in quotes or brackets parts nothing."""
    parts = [part.partition("##") for part in PART.findall(cell)]
    return ";".join(
        f"{address}##{events}"
        for names, _, events in parts
        for address in addresses_in(names) or [""]
        if names.strip() or events
    )


def _joined(text: str) -> str:
    return ";".join(addresses_in(text))


def _says_nothing(values: pa.Array) -> pa.Array:
    return pc.is_in(pc.utf8_lower(values), value_set=pa.array(NO_TEXT))


def _any_nothing(values: pa.Array) -> bool:
    return bool(pc.any(_says_nothing(values)).as_py())


def _ids(values: pa.Array) -> pa.Array:
    if _all_guids(values):
        return values
    values = texts(pc.utf8_trim_whitespace(values))
    values = pc.replace_substring_regex(values, SERVER_BYTES, r"\4\3\2\1\6\5\8\7\9")
    guids = pc.utf8_lower(pc.replace_substring_regex(values, GUID, r"\1-\2-\3-\4-\5"))
    values = pc.if_else(pc.match_substring_regex(values, GUID), guids, values)
    # PowerShell writes System.Byte[] for bytes.
    is_none = pc.or_(pc.equal(values, NO_GUID), pc.starts_with(values, "System."))
    values = pc.if_else(is_none, pa.scalar(None, pa.string()), values)
    bare = pc.and_(pc.match_substring(values, "@"), pc.invert(pc.starts_with(values, "<")))
    return pc.if_else(bare, pc.binary_join_element_wise("<", values, ">", ""), values)


def _all_guids(values: pa.Array) -> bool:
    """Whether every value is a GUID in its usual form, or at least no other form of an id."""
    lengths = pc.min_max(pc.binary_length(values)).as_py()
    return (
        lengths["min"] == lengths["max"] == GUID_LENGTH
        and not holds(values, b"@")
        and pc.all(pc.equal(pc.ascii_lower(values), values)).as_py()
        and not pc.any(pc.equal(values, NO_GUID)).as_py()
    )


def _is_odd(values: pa.Array, parts: list[bytes]) -> bool:
    """Whether a column may hold anything but plain addresses, several of them joined by `;`.

    parts: the contents of the values.
    """
    named = pc.sum(pc.greater(pc.binary_length(values), 0)).as_py() or 0
    separators = _count(parts, b";")
    return (
        _count(parts, b"@") != named + separators
        or any(part.translate(None, USUAL) for part in parts)
        or bool(pc.any(pc.ends_with(values, ".")).as_py())
        or (separators > 0 and any(b".;" in part for part in parts))
        or (_count(parts, b"'") > 0 and _is_quoted(values, parts))
    )


def _is_quoted(values: pa.Array, parts: list[bytes]) -> bool:
    """Whether a quote stands where an address begins or ends; within one it is a sign of it."""
    at_end = pc.or_(pc.starts_with(values, "'"), pc.ends_with(values, "'"))
    inside = any(form in part for part in parts for form in (b";'", b"';"))
    return inside or bool(pc.any(at_end).as_py())


def _count(parts: list[bytes], sign: bytes) -> int:
    return sum(part.count(sign) for part in parts)


def holds(values: pa.Array, sign: bytes) -> bool:
    """Whether any of the values has the sign in it."""
    return any(sign in part for part in contents(values))


def contents(values: pa.Array) -> list[bytes]:
    """What the chunks of a column hold, one value right after the other."""
    chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
    buffers = [chunk.buffers()[-1] for chunk in chunks]
    return [buffer.to_pybytes() for buffer in buffers if buffer is not None]
