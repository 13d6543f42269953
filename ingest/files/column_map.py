"""Which column of a table is which of our names: `--map`, or columns of the name itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hve_monitor.errors import ConfigError
from ingest.files.formats.layouts import plain, shown

REQUIRED = ("id", "sender", "recipient", "received_at")
OPTIONAL = ("message_id", "subject", "size", "from_ip", "to_ip", "status")


def parse_map(text: str | None) -> dict[str, str]:
    """`id=COL,sender=COL,…` as a dict. Raises: ConfigError naming the part that is wrong."""
    pairs: dict[str, str] = {}
    for part in (text or "").split(","):
        name, equals, column = part.strip().partition("=")
        if not part.strip():
            continue
        if not equals or not column or name not in REQUIRED + OPTIONAL:
            names = ", ".join(REQUIRED + OPTIONAL)
            raise ConfigError(f"--map {part.strip()}: write name=COLUMN with a name of {names}")
        pairs[name] = column
    return pairs


def columns_for(requested: Mapping[str, str], columns: Sequence[str], file: Path) -> dict[str, str]:
    """Column of the file for each of our names: the requested ones, or columns of that name.

    Columns are looked up as written, else without regard to case, spaces, `_` and `-`.
    Raises: ConfigError when a required name has no column or a requested column is missing.
    """
    spelled = {plain(column): column for column in reversed(columns)}
    spelled |= {column: column for column in columns}
    spellings = {
        column: spelled.get(column) or spelled.get(plain(column)) for column in requested.values()
    }
    have = shown(columns)
    absent = [column for column, spelling in spellings.items() if spelling is None]
    if absent:
        raise ConfigError(f"{file}: no column '{absent[0]}'; it has: {have}")
    own = {name: spelled.get(name) or spelled.get(plain(name)) for name in REQUIRED + OPTIONAL}
    chosen = {name: column for name, column in own.items() if column and name not in requested}
    chosen |= {
        name: spelling for name, column in requested.items() if (spelling := spellings[column])
    }
    missing = [name for name in REQUIRED if name not in chosen]
    if missing:
        raise ConfigError(
            f"{file}: which column is '{missing[0]}'? add --map {missing[0]}=COLUMN"
            f" (it is no known export; columns: {have})"
        )
    return chosen
