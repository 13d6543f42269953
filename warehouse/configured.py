"""The store that the configuration names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hve_monitor.config import Config
from warehouse.objects.place import TablesPlace, note_place
from warehouse.protection.mode import read_protection
from warehouse.records.digests import renew_digests
from warehouse.store import Store, check_name, open_store


@contextmanager
def store_of(config: Config, *, is_checked: bool = True) -> Iterator[Store]:
    """The configured store, closed by its context.

    is_checked: as of open_store; not for what says what is wrong with a store.
    """
    warehouse = config.warehouse
    protection = read_protection(config.privacy, warehouse.path)
    limit, threads = warehouse.memory_limit, warehouse.threads
    with (
        tables_of(config) as root,
        open_store(root, limit, threads, protection, is_checked=is_checked) as store,
    ):
        before = store.state.connection.total_changes
        try:
            yield store
        finally:
            if store.state.connection.total_changes > before:
                # What the command did stands without it; the next one writes what is missing.
                with suppress(sqlite3.Error):
                    renew_digests(store.state)


@contextmanager
def tables_of(config: Config) -> Iterator[Path]:
    """The folder of the configured store, whose tables nobody else writes to meanwhile.

    Raises: LockedError, and what warehouse.objects.ownership says.
    """
    warehouse = config.warehouse
    if warehouse.tables:
        check_name(warehouse.path)
        warehouse.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = TablesPlace(warehouse.tables, warehouse.storage) if warehouse.tables else None
    note_place(warehouse.path, place)
    if place is None or not place.is_remote:
        yield warehouse.path
        return
    from warehouse.objects.ownership import owned

    with owned(warehouse.path):
        yield warehouse.path
