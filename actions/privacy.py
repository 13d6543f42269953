"""Erase, purge and change of the key: each with a reason, each in the audit log."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from hve_monitor.addresses import addresses_in, one_address
from hve_monitor.clock import iso
from hve_monitor.config import Config
from hve_monitor.document import Document
from hve_monitor.errors import ConfigError, LockedError
from hve_monitor.files import put_in_place
from models.build import offer_models
from models.reference.book import reference_of
from publish.exports.exports import old_exports, scheduled
from warehouse.backup import back_up, emptied, kept_aside, restore
from warehouse.business_time import doubt_of
from warehouse.configured import store_of
from warehouse.locks import exclusive
from warehouse.privacy import audit
from warehouse.privacy.erasure import erase_rows, mentions
from warehouse.privacy.old_files import forget_damaged, forget_old_files
from warehouse.privacy.removal import Removal, Removed, audit_name, begin, end, unfinished
from warehouse.privacy.retention import has_old_rows, purge_rows
from warehouse.protection.mode import Protection, read_key, read_protection, rotate
from warehouse.publication import publish
from warehouse.reading import published_connection
from warehouse.records.accounts import account_addresses, sending_accounts
from warehouse.store import Store, open_store
from warehouse.upkeep import is_due

log = logging.getLogger(__name__)
RETENTION = "*retention"  # no tenant can have this name


class RemovalDocument(Document):
    """The proof of one removal: of a person (a name of the audit log), or None for a purge."""

    tenant: str
    person: str | None
    removed: tuple[Removed, ...]
    old_files_removed: int
    remaining_rows: int
    store: str


class Erasure(Document):
    """What `hve erase` removed, by store and tenant."""

    erased: tuple[RemovalDocument, ...]
    at: datetime
    who: str


class Purge(Document):
    """What `hve purge` dropped, and the days that stay."""

    purged: tuple[RemovalDocument, ...]
    exports_removed: int
    copies_removed: tuple[str, ...]
    facts_days: int
    marts_days: int
    at: datetime


class KeyChange(Document):
    """The outside key that now seals the keys of so many tenants."""

    fingerprint: str
    tenants: int
    key_file: str


def erase(
    config: Config,
    address: str,
    reason: str,
    who: str,
    now: datetime,
    backups: Sequence[Path] = (),
) -> Erasure:
    """Takes a person out of the store, of copies and of backup files; says what was removed where.

    Raises: ConfigError for what is no address of a person, LockedError.
    """
    person = one_address(address) or address.strip().lower()
    if "@" not in person or len(addresses_in(person)) > 1:
        raise ConfigError(f"{address}: is no address")
    removals: list[RemovalDocument] = []
    _ensure_store(config.warehouse.path)
    with exclusive(config.warehouse.path / "locks", "erase"):
        for root in (config.warehouse.path, *kept_aside(config.warehouse.path), *backups):
            with _opened(root) as folder, _held(config, folder) as store:
                for tenant in config.served:
                    removal = _erased(store, config, tenant.name, person, reason, who, now)
                    removals.append(replace(removal, store=str(root)))
                if folder != root:
                    _write_again(store, root)
    _export_again(config, now)
    return Erasure(erased=tuple(removals), at=now, who=who)


def _export_again(config: Config, now: datetime) -> None:
    """What runs export by themselves still names the person until it is written anew."""
    folder = config.export.folder
    if folder is not None and folder.exists() and (config.warehouse.path / "hve.duckdb").exists():
        scheduled(config, now)


@contextmanager
def _opened(root: Path) -> Iterator[Path]:
    """The store at a folder, or what a backup file holds, laid out beside the file for a while."""
    if not root.is_file():
        yield root
        return
    with emptied(root.with_name(f".{root.name}.erasing")) as beside:
        folder = beside / "store"
        restore(root, folder)
        yield folder


def _write_again(store: Store, target: Path) -> None:
    """Puts the changed store in the place of the backup that it came from."""
    fresh = store.root.with_name("again")
    back_up(store, fresh, locked=True)
    put_in_place(fresh, target)


def purge(config: Config, who: str, reason: str, now: datetime) -> Purge:
    """Applies the retention to every tenant."""
    limits = config.retention
    days = limits.facts_days, limits.marts_days
    with _held(config, config.warehouse.path) as store:
        if doubt := doubt_of(store.state, now):
            raise ConfigError(f"purge: {doubt}")
        exports = old_exports(config, _marts_before(config, now))
        for file in exports:
            file.unlink()
        copies = _old_copies(config, now)
        for copy in copies:
            shutil.rmtree(copy)
        removals = []
        for tenant in config.served:
            store.check_now(tenant.name, now)
            begun = begin(store, tenant.name, None, now, who, reason)
            removed = purge_rows(store, tenant.name, now, days)
            removals.append(_ended(store, config, begun, removed))
    return Purge(
        purged=tuple(removals),
        exports_removed=len(exports),
        copies_removed=tuple(map(str, copies)),
        facts_days=limits.facts_days,
        marts_days=limits.marts_days,
        at=now,
    )


def _old_copies(config: Config, now: datetime) -> list[Path]:
    """Stores that a restore moved aside so long ago that no fact in them would be kept."""
    return kept_aside(config.warehouse.path, now - timedelta(days=config.retention.facts_days))


def _marts_before(config: Config, now: datetime) -> date:
    return now.date() - timedelta(days=config.retention.marts_days)


def change_key(config: Config, file: Path, reason: str, who: str, now: datetime) -> KeyChange:
    """Seals the store's keys with another outside key; not a row is touched.

    Raises: ConfigError when either key is missing, too short or wrong.
    """
    old = read_protection(config.privacy, config.warehouse.path)
    if old.key is None:
        raise ConfigError("rotate-key: this store has no key (privacy.mode, privacy.key_file)")
    new = Protection(old.mode, old.subjects, read_key(file, config.warehouse.path))
    with _held(config, config.warehouse.path) as store:
        tenants = rotate(store.state, old, new)
        audit.record(store.state, now, who, "rotate-key", new.fingerprint, reason, "done")
    return KeyChange(fingerprint=new.fingerprint, tenants=tenants, key_file=str(file))


def note(
    config: Config, what: str, target: str, who: str, now: datetime, outcome: str = "done"
) -> None:
    """Exports, backups and restores leave an entry in every mode: a file gets out of hand."""
    with store_of(config) as store:
        audit.record(store.state, now, who, what, target, "", outcome)


def finish_removals(config: Config) -> None:
    """Ends what a process that died has begun. Does nothing where nothing was begun."""
    with store_of(config) as store:
        if not unfinished(store):
            return
    with _held(config, config.warehouse.path):
        pass


def retain(config: Config, now: datetime) -> None:
    """Purges once a day, when there is anything older than the retention and the clock is sure."""
    days = config.retention.facts_days, config.retention.marts_days
    with store_of(config) as store:
        if not is_due(store, RETENTION):
            return
        if doubt := doubt_of(store.state, now):
            log.warning("retention is skipped: %s", doubt)
            return
        store.state.record_upkeep(RETENTION, time.time())
        is_needed = (
            bool(old_exports(config, _marts_before(config, now)))
            or bool(_old_copies(config, now))
            or any(has_old_rows(store, tenant.name, now, days) for tenant in config.served)
        )
    if is_needed:
        try:
            purge(config, "hve run", "retention", now)
        except LockedError as error:
            log.warning("%s", error)


def _ensure_store(root: Path) -> None:
    if not (root / "state.db").exists():
        raise ConfigError(f"{root}: is no store")


@contextmanager
def _held(config: Config, root: Path) -> Iterator[Store]:
    """The store with every lock, after what was begun before has ended."""
    _ensure_store(root)
    protection = read_protection(config.privacy, root)
    limit, threads = config.warehouse.memory_limit, config.warehouse.threads
    with open_store(root, limit, threads, protection) as store, ExitStack() as locks:
        for tenant in config.served:
            locks.enter_context(store.tenant_lock(tenant.name))
        locks.enter_context(store.build_lock())
        days = config.retention.facts_days, config.retention.marts_days
        for begun in unfinished(store):
            log.warning("a removal of %s had not ended; it is ended now", iso(begun.at))
            _ended(store, config, begun, _removed(store, begun, days))
        yield store


def _removed(store: Store, begun: Removal, days: tuple[int, int]) -> list[Removed]:
    if begun.value is None:
        return purge_rows(store, begun.tenant, begun.at, days)
    return erase_rows(store, begun.tenant, begun.value)


def _erased(
    store: Store, config: Config, tenant: str, address: str, reason: str, who: str, now: datetime
) -> RemovalDocument:
    if address in account_addresses(store, tenant) | sending_accounts(store, tenant):
        raise ConfigError(f"{address}: is a sending account, not a person who received mail")
    if store.protection.mode == "aggregate":
        return RemovalDocument(
            tenant=tenant,
            person=None,
            removed=(),
            old_files_removed=0,
            remaining_rows=0,
            store=str(store.root),
        )
    value = store.mask(tenant).recipient(address)
    begun = begin(store, tenant, value, now, who, reason)
    return _ended(store, config, begun, erase_rows(store, tenant, value))


def _ended(store: Store, config: Config, begun: Removal, removed: list[Removed]) -> RemovalDocument:
    """The proof of a removal, once readers see the new version and the old files are gone."""
    _publish_again(store, config, begun.at)
    is_purge = begun.value is None
    kept_from = begun.at.date() - timedelta(days=config.retention.facts_days)
    files = forget_old_files(store) + forget_damaged(store, kept_from if is_purge else None)
    left = 0 if begun.value is None else mentions(store, begun.tenant, begun.value)
    rows = sum(part.rows_dropped + part.rows_kept_without for part in removed)
    person = None if begun.value is None else audit_name(store, begun.tenant, begun.value)
    end(store, begun, f"{rows} rows, {files} old files, {left} rows left")
    return RemovalDocument(
        tenant=begun.tenant,
        person=person,
        removed=tuple(removed),
        old_files_removed=files,
        remaining_rows=left,
        store=str(store.root),
    )


def _publish_again(store: Store, config: Config, now: datetime) -> None:
    if not store.published.exists():
        return
    with published_connection(store.root) as connection:
        versions = connection.execute("select as_of from state.publication").fetchall()
    offer = partial(offer_models, reference=reference_of(config))
    publish(store, versions[0][0] if versions else now, offer)
    store.published.with_name("hve.next.duckdb").unlink(missing_ok=True)
