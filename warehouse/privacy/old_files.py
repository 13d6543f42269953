"""Old files and log entries: what the newest versions of the tables do not need is removed."""

from __future__ import annotations

from datetime import date

from warehouse.delta.side import Side
from warehouse.lookup.contact_files import forget_contacts
from warehouse.schema import old_states
from warehouse.store import Store
from warehouse.tables import TABLES

LOG_FILES = (".json", ".parquet", ".torn", ".crc")


def forget_old_files(store: Store) -> int:
    """Removes every file and log entry that no newest version needs; returns how many files."""
    removed = len(old_states(store.root))
    for copy in old_states(store.root):
        copy.unlink()
    forget_contacts(store.root)
    for table in TABLES:
        opened = store.delta.open(table)
        if opened is None:
            continue
        removed += store.delta.clean(table, keep_hours=0)
        removed += _forget_entries(store.delta.side, table.folder, opened.version())
        store.delta.forget(table)
    return removed


def forget_damaged(store: Store, kept_from: date | None) -> int:
    """Removes files that a repair set aside: all, or those of days before the given one."""
    removed = 0
    for path in store.delta.side.listing("damaged"):
        days = [part[4:] for part in path.split("/") if part.startswith("day=")]
        if kept_from is None or any(day < str(kept_from) for day in days):
            store.delta.side.remove(path)
            removed += 1
    return removed


def _forget_entries(side: Side, folder: str, version: int) -> int:
    """Entries and checkpoints before the newest checkpoint: they name values of removed rows."""
    names = {path: path.rpartition("/")[2] for path in side.listing(f"{folder}/_delta_log")}
    old = [
        path
        for path, name in names.items()
        if name.endswith(LOG_FILES)
        and name.split(".")[0].isdigit()
        and int(name.split(".")[0]) < version
    ]
    for path in old:
        side.remove(path)
    return len(old)
