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
def store_of(config: Config) -> Iterator[Store]:
    """The configured store, closed by its context."""
    warehouse = config.warehouse
    protection = read_protection(config.privacy, warehouse.path)
    with open_store(warehouse.path, warehouse.memory_limit, warehouse.threads, protection) as store:
        before = store.state.connection.total_changes
        try:
            yield store
        finally:
            if store.state.connection.total_changes > before:
                # What the command did stands without it; the next one writes what is missing.
                with suppress(sqlite3.Error):
                    renew_digests(store.state)
