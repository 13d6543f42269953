"""The store that the configuration names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from hve_monitor.config import Config
from warehouse.protection.mode import read_protection
from warehouse.records.digests import renew_digests
from warehouse.store import Store, open_store


@contextmanager
def store_of(config: Config, *, is_checked: bool = True) -> Iterator[Store]:
    """The configured store, closed by its context.

    is_checked: as of open_store; not for what says what is wrong with a store.
    """
    warehouse = config.warehouse
    protection = read_protection(config.privacy, warehouse.path)
    limit, threads = warehouse.memory_limit, warehouse.threads
    with open_store(warehouse.path, limit, threads, protection, is_checked=is_checked) as store:
        before = store.state.connection.total_changes
        try:
            yield store
        finally:
            if store.state.connection.total_changes > before:
                # What the command did stands without it; the next one writes what is missing.
                with suppress(sqlite3.Error):
                    renew_digests(store.state)
