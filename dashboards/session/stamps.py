"""What tells two states of a file apart without opening it: looked at on every rerun."""

from __future__ import annotations

from pathlib import Path

Stamp = tuple[int, int, int] | None


def published_stamp(root: Path) -> Stamp:
    """Of the published file; None while there is none."""
    return stamp_of(root / "hve.duckdb")


def state_stamp(root: Path) -> tuple[Stamp, Stamp]:
    """Of state.db and its log: both change when somebody says something."""
    return stamp_of(root / "state.db"), stamp_of(root / "state.db-wal")


def stamp_of(file: Path) -> Stamp:
    """Inode, time in nanoseconds, bytes; None where there is no such file."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
