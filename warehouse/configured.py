"""The store that the configuration names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hve_monitor.config import Config
from hve_monitor.errors import ConfigError
from warehouse.delta.sides import side_at
from warehouse.live import state_rows
from warehouse.objects.place import TablesPlace, note_place, noted_place, tables_uri
from warehouse.protection.mode import read_protection
from warehouse.records.digests import renew_digests
from warehouse.store import Store, check_name, make_root, open_store


@contextmanager
def store_of(config: Config, *, is_checked: bool = True) -> Iterator[Store]:
    """The configured store, closed by its context.

    is_checked: as of open_store; not for what says what is wrong with a store.
    """
    if config.is_sharded:
        raise ConfigError("tenants.shard: this command works on one shard; name a tenant")
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

    Raises: ConfigError where they lie elsewhere, and what warehouse.objects.ownership says.
    """
    warehouse = config.warehouse
    place = TablesPlace(warehouse.tables, warehouse.storage) if warehouse.tables else None
    if place is not None and not place.is_remote:
        _check_folder(Path(place.url), config.privacy.key_file)
    if place != noted_place(warehouse.path):
        make_root(warehouse.path)
        _check_move(warehouse.path, place)
        note_place(warehouse.path, place)
    elif place is not None and not place.is_remote:
        _check_presence(warehouse.path, place)
    with owned_tables(warehouse.path):
        yield warehouse.path


@contextmanager
def owned_tables(root: Path) -> Iterator[None]:
    """Nobody else writes to the tables of the store at a root, wherever it notes them, meanwhile.

    Raises: what warehouse.objects.ownership says.
    """
    place = noted_place(root)
    if place is None or not place.is_remote:
        yield
        return
    from warehouse.objects.ownership import owned

    with owned(root):
        yield


def _check_folder(folder: Path, key_file: str) -> None:
    """Raises: ConfigError for a name that the engines misread, and where the key lies with it."""
    check_name(folder, "warehouse.tables")
    if key_file and Path(key_file).resolve().is_relative_to(folder.resolve()):
        raise ConfigError(
            f"privacy.key_file: {key_file}: lies inside the store it protects; move it out of"
            f" {folder}"
        )


def _check_move(root: Path, place: TablesPlace | None) -> None:
    """Raises: ConfigError where state.db knows of tables, and the new place has none."""
    if _lacks_tables(root, place):
        old, new = tables_uri(root), place.url if place else str(root)
        raise ConfigError(
            f"warehouse.tables: there are no tables in {new}, those of this store are in {old};"
            " copy facts and marts there first, or name that place"
        )


def _check_presence(root: Path, place: TablesPlace) -> None:
    """Raises: ConfigError where a folder, mostly another disk, has no tables any more."""
    if _lacks_tables(root, place):
        raise ConfigError(
            f"warehouse.tables: there are no tables in {place.url} any more; mount the disk that"
            " holds them, or restore a backup"
        )


def _lacks_tables(root: Path, place: TablesPlace | None) -> bool:
    """Whether state.db knows of tables, and the place has none."""
    written = state_rows(root / "state.db", "select 1 from commits limit 1")
    return bool(written) and not side_at(root, place).folders("facts")
