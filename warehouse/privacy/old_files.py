"""Old files and log entries: what the newest versions of the tables do not need is removed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from warehouse.delta.commit import clean
from warehouse.schema import old_states
from warehouse.store import Store
from warehouse.tables import TABLES

LOG_FILES = ("*.json", "*.checkpoint*.parquet", "*.torn", "*.crc")


def forget_old_files(store: Store) -> int:
    """Removes every file and log entry that no newest version needs; returns how many files."""
    removed = len(old_states(store.root))
    for copy in old_states(store.root):
        copy.unlink()
    for table in TABLES:
        opened = store.delta.open(table)
        if opened is None:
            continue
        removed += clean(opened, store.delta.path(table), keep_hours=0)
        removed += _forget_entries(store.delta.path(table) / "_delta_log", opened.version())
        store.delta.forget(table)
    return removed


def forget_damaged(store: Store, kept_from: date | None) -> int:
    """Removes files that a repair set aside: all, or those of days before the given one."""
    removed = 0
    for file in sorted((store.root / "damaged").rglob("*")):
        days = [part[4:] for part in file.parts if part.startswith("day=")]
        is_old = kept_from is None or any(day < str(kept_from) for day in days)
        if file.is_file() and is_old:
            file.unlink()
            removed += 1
    return removed


def _forget_entries(log: Path, version: int) -> int:
    """Entries and checkpoints before the newest checkpoint: they name values of removed rows."""
    old = [
        file
        for pattern in LOG_FILES
        for file in log.glob(pattern)
        if file.name.split(".")[0].isdigit() and int(file.name.split(".")[0]) < version
    ]
    for file in old:
        file.unlink()
    return len(old)
