"""The exports that we recognise: their columns, and what each column holds.

Column names are compared without case, spaces, `_` and `-`, so `Sender Address` is
`sender_address`. Where a layout has no trace id, the message id stands in: it is the only other
name a message has, though one message may then count twice when it also arrives from a source with
trace ids. Of several columns with times the one in UTC holds: the others may be local.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hve_monitor.errors import ConfigError
from hve_monitor.text import printable

# What is no name of a column: an address, a time, a GUID, a number, a sentence.
VALUE = re.compile(r"@|^\W*\d|^\W*[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-|.{61}")
TEXTS = (
    "trace_id",
    "message_id",
    "sender",
    "recipient",
    "received",
    "subject",
    "size",
    "from_ip",
    "to_ip",
    "status",
    "event",
    "related",
    "client_ip",
)
MAP_TEXTS = {"id": "trace_id", "received_at": "received"}  # where a map's name is another
SUMMARY = {
    "trace_id": ("networkmessageid", "messagetraceid"),
    "message_id": ("messageid",),
    "sender": ("senderaddress",),
    "received": ("origintimestamputc", "origintimestamp"),
    "subject": ("messagesubject", "subject"),
    "size": ("totalbytes",),
    "from_ip": ("originalclientip",),
    "status": ("recipientstatus",),
}
EXTENDED = {
    "trace_id": ("networkmessageid",),
    "message_id": ("messageid",),
    "sender": ("senderaddress",),
    "recipient": ("recipientaddress",),
    "received": ("datetimeutc", "datetime"),
    "subject": ("messagesubject",),
    "size": ("totalbytes",),
    "from_ip": ("originalclientip",),
    "event": ("eventid",),
    "related": ("relatedrecipientaddress",),
    "client_ip": ("clientip",),
}
OBJECTS = {
    "trace_id": ("messagetraceid",),
    "message_id": ("messageid",),
    "sender": ("senderaddress",),
    "recipient": ("recipientaddress",),
    "received": ("receivedutc", "dateutc", "received", "date"),
    "subject": ("subject",),
    "size": ("size",),
    "from_ip": ("fromip",),
    "to_ip": ("toip",),
    "status": ("status",),
}
GRAPH = OBJECTS | {"trace_id": ("id",), "received": ("receiveddatetimeutc", "receiveddatetime")}


@dataclass(frozen=True)
class Layout:
    """One export: `shape` is how rows are made of it, `signs` must all be there."""

    name: str
    shape: str
    columns: Mapping[str, tuple[str, ...]]
    signs: tuple[str, ...]
    identity: tuple[str, ...] = ("trace_id", "message_id")


LAYOUTS = (
    Layout("extended", "events", EXTENDED, ("received", "recipient", "event")),
    Layout("summary", "summary", SUMMARY, ("sender", "received", "status")),
    Layout("graph", "rows", GRAPH, ("sender", "recipient", "received"), ("trace_id",)),
    Layout("message-trace", "rows", OBJECTS, ("sender", "recipient", "received")),
)
ALIASES = {
    "enhanced": "summary",
    "historical": "summary",
    "message-trace-v2": "message-trace",
    "reporting": "message-trace",
}
NAMES = (*(layout.name for layout in LAYOUTS), *ALIASES)


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A column's name without case, spaces, quotes, brackets, `_` and `-`."""
    return re.sub(r"[\s_\-\"'()\ufeff\u200b]+", "", name).casefold()


def shown(columns: Sequence[str]) -> str:
    """Column names for a message, in one line; nothing of a row that stands in their place."""
    if any(VALUE.search(column) for column in columns):
        return "none, its first line looks like a row"
    return ", ".join(printable(column)[:60] for column in columns[:30])


def columns_of(layout: Layout, columns: Sequence[str]) -> dict[str, str]:
    """The file's column for each of our texts; the first of equal columns."""
    named: dict[str, str] = {}
    for column in columns:
        named.setdefault(plain(column), column)
    return {
        text: next(named[name] for name in names if name in named)
        for text, names in layout.columns.items()
        if any(name in named for name in names)
    }


def recognise(columns: Sequence[str]) -> tuple[Layout, dict[str, str]] | None:
    """The export that has these columns; None for any other table."""
    for layout in LAYOUTS:
        have = columns_of(layout, columns)
        if not _missing(layout, have):
            return layout, have
    return None


def requested_columns(
    requested: Mapping[str, str], columns: Sequence[str], where: object
) -> dict[str, str]:
    """The file's spelling of every column that a map names, by the map's names.

    Columns are looked up as written, else without regard to case, spaces, `_` and `-`.
    Raises: ConfigError when there is no such column.
    """
    spelled = {plain(column): column for column in reversed(columns)}
    spelled |= {column: column for column in columns}
    chosen = {}
    for name, column in requested.items():
        if (spelling := spelled.get(column) or spelled.get(plain(column))) is None:
            raise ConfigError(f"{where}: no column '{column}'; it has: {shown(columns)}")
        chosen[name] = spelling
    return chosen


def asked_layout(
    name: str, columns: Sequence[str], where: str, requested: Mapping[str, str] | None = None
) -> tuple[Layout, dict[str, str]]:
    """The layout of that name; a map's columns come before its own.

    Raises: ConfigError when the columns do not fit it.
    """
    usual = ALIASES.get(name, name)
    layout = next(layout for layout in LAYOUTS if layout.name == usual)
    chosen = requested_columns(requested or {}, columns, where)
    have = columns_of(layout, columns) | {
        MAP_TEXTS.get(text, text): column for text, column in chosen.items()
    }
    missing = _missing(layout, have)
    if missing:
        names = " or ".join(layout.columns[missing])
        raise ConfigError(
            f"{where}: is no {name} export, it has no column {names} (columns: {shown(columns)})"
        )
    return layout, have


def _missing(layout: Layout, have: Mapping[str, str]) -> str | None:
    """The first of the required texts that no column gives."""
    for sign in layout.signs:
        if sign not in have:
            return sign
    return None if any(name in have for name in layout.identity) else layout.identity[-1]
