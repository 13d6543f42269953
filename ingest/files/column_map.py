"""Which column of a table is which of our names: `--map`, or columns of the name itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hve_monitor.errors import ConfigError
from ingest.files.formats.layouts import plain, requested_columns, shown

REQUIRED = ("id", "sender", "recipient", "received_at")
OPTIONAL = ("message_id", "subject", "size", "from_ip", "to_ip", "status")
OF_EVENTS = ("event", "related", "client_ip")  # columns of tracking events alone


def parse_map(text: str | None) -> dict[str, str]:
    """`id=COL,sender=COL,…` as a dict. Raises: ConfigError naming the part that is wrong."""
    pairs: dict[str, str] = {}
    names = REQUIRED + OPTIONAL + OF_EVENTS
    for part in (text or "").split(","):
        name, equals, column = part.strip().partition("=")
        if not part.strip():
            continue
        if not equals or not column or name not in names:
            raise ConfigError(
                f"--map {part.strip()}: write name=COLUMN with a name of {', '.join(names)}"
            )
        pairs[name] = column
    return pairs


def columns_for(requested: Mapping[str, str], columns: Sequence[str], file: Path) -> dict[str, str]:
    """Column of the file for each of our names: the requested ones, or columns of that name.

    Raises: ConfigError when a required name has no column or a requested column is missing.
    """
    chosen = requested_columns(requested, columns, file)
    named = {plain(column): column for column in reversed(columns)}
    named |= {column: column for column in columns}
    own = {name: named.get(name) or named.get(plain(name)) for name in REQUIRED + OPTIONAL}
    own["received_at"] = named.get("receivedatutc") or own["received_at"]
    chosen = {name: column for name, column in own.items() if column} | chosen
    missing = [name for name in REQUIRED if name not in chosen]
    if missing:
        raise ConfigError(
            f"{file}: which column is '{missing[0]}'? add --map {missing[0]}=COLUMN"
            f" (it is no known export; columns: {shown(columns)})"
        )
    return chosen
