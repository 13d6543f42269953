"""The store that the configuration names."""

from __future__ import annotations

from contextlib import AbstractContextManager

from hve_monitor.config import Config
from warehouse.protection.mode import read_protection
from warehouse.store import Store, open_store


def store_of(config: Config) -> AbstractContextManager[Store]:
    """The configured store, closed by its context."""
    warehouse = config.warehouse
    protection = read_protection(config.privacy, warehouse.path)
    return open_store(warehouse.path, warehouse.memory_limit, warehouse.threads, protection)
