"""Erase, purge and change of the key: each with a reason, each in the audit log."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from actions.outcome import ShardFailure
from hve_monitor.addresses import whole_address
from hve_monitor.clock import iso
from hve_monitor.config import Config
from hve_monitor.document import Document
from hve_monitor.errors import ConfigError, LockedError, StoreError
from hve_monitor.files import put_in_place
from hve_monitor.text import printable
from models.build import publish_models
from models.reference.book import reference_of
from publish.exports.exports import old_exports, scheduled
from warehouse.business_time import doubt_of
from warehouse.configured import owned_tables, store_of, tables_of
from warehouse.locks import exclusive
from warehouse.maintenance.backup import back_up, emptied, kept_aside, restore
from warehouse.maintenance.upkeep import is_due
from warehouse.objects.place import tables_uri
from warehouse.privacy import audit
from warehouse.privacy.erasure import (
    ErasedRows,
    KeptForm,
    LeftOver,
    erase_rows,
    left_over,
    rows_to_erase,
)
from warehouse.privacy.old_files import forget_damaged, forget_old_files
from warehouse.privacy.removal import Removal, Removed, audit_name, begin, end, unfinished
from warehouse.privacy.retention import has_old_rows, purge_rows
from warehouse.protection.mode import Protection, read_key, read_protection, rotate
from warehouse.publication import remove_unfinished
from warehouse.reading import published_connection
from warehouse.records.accounts import accounts_with
from warehouse.store import Store, open_store

log = logging.getLogger(__name__)
RETENTION = "*retention"  # no tenant can have this name


class RemovalDocument(Document, kw_only=True):
    """The proof of one removal: of a person (a name of the audit log), or None for a purge.

    remaining_rows: rows that hold the person now. other_values: distinct values of address columns
    that went too and are another spelling of the address, none as a rule. forms_kept: what may mean
    the person or somebody else, and stays.
    """

    tenant: str
    person: str | None
    removed: tuple[Removed, ...]
    old_files_removed: int
    remaining_rows: int
    other_values: int | UnsetType = UNSET
    forms_kept: tuple[KeptForm, ...] | UnsetType = UNSET
    store: str


class Erasure(Document):
    """What `hve erase` removed, or would remove, by store and tenant."""

    erased: tuple[RemovalDocument, ...]
    dry_run: bool
    at: datetime
    who: str
    failed_shards: list[ShardFailure] | UnsetType = UNSET


class Purge(Document):
    """What `hve purge` dropped, and the days that stay."""

    purged: tuple[RemovalDocument, ...]
    exports_removed: int
    copies_removed: tuple[str, ...]
    facts_days: int
    marts_days: int
    at: datetime
    failed_shards: list[ShardFailure] | UnsetType = UNSET


class KeyChange(Document):
    """The outside key that now seals the keys of so many tenants."""

    fingerprint: str
    tenants: int
    key_file: str
    failed_shards: list[ShardFailure] | UnsetType = UNSET


class ErasureRequest(NamedTuple):
    """Who erases whom, when and why; `with_account` also where the address is an account's."""

    address: str
    reason: str
    who: str
    now: datetime
    with_account: bool = False
    is_rehearsal: bool = False


def erase(
    config: Config,
    address: str,
    reason: str,
    who: str,
    now: datetime,
    backups: Sequence[Path] = (),
    *,
    with_account: bool = False,
    dry_run: bool = False,
) -> Erasure:
    """Takes a person out of the store, of copies and of backup files; says what was removed where.

    with_account: also an address of a sending account, whose numbers stay under a name of a hash.
    dry_run: says what would be removed, and changes nothing.
    Raises: ConfigError for what is no whole address, or one of an account; LockedError.
    """
    person = whole_address(address)
    if person is None:
        raise ConfigError(
            f"{printable(address).strip() or 'nothing'}: is no address; name one whole address,"
            " such as ada@contoso.com"
        )
    request = ErasureRequest(person, reason, who, now, with_account, dry_run)
    root = config.warehouse.path
    _ensure_store(root)
    for backup in backups:  # before anything is changed
        _ensure_backup(config, backup)
    removals: list[RemovalDocument] = []
    with exclusive(root / "locks", "erase"):
        for place in (root, *kept_aside(root), *backups):
            removals += _erased_at(config, place, request)
    if not dry_run:
        _export_again(config, now)
    return Erasure(erased=tuple(removals), dry_run=dry_run, at=now, who=who)


def _ensure_backup(config: Config, backup: Path) -> None:
    """Raises: ConfigError for what is no store, has no tables of its own, or stays under another
    name.
    """
    if not backup.is_file():
        _ensure_store(backup)
        if tables_uri(backup) == config.warehouse.tables:
            raise ConfigError(
                f"{backup}: has no tables of its own, it names those of the store"
                f" ({config.warehouse.tables}), from which the person goes anyway; where it is a"
                " copy, remove it"
            )
    elif backup.stat().st_nlink > 1:
        raise ConfigError(
            f"{backup}: the same file has another name too (a hard link), under which the person"
            " would stay; remove that name, or copy the file and name the copy"
        )


def _erased_at(config: Config, place: Path, request: ErasureRequest) -> list[RemovalDocument]:
    """What is removed from a store, a copy of one or a backup file."""
    with _opened(place) as folder, _open_for(config, folder, request) as store:
        tenants = _tenants(config, store)
        for tenant in tenants:
            _ensure_no_account(store, config, tenant, request)
        removals = [
            replace(removal, store=str(place))
            for tenant in tenants
            for removal in _erased(store, config, tenant, request)
        ]
        if folder != place and not request.is_rehearsal:
            _write_again(store, place.resolve())  # behind a link the backup itself
    return removals


@contextmanager
def _open_for(config: Config, folder: Path, request: ErasureRequest) -> Iterator[Store]:
    if not request.is_rehearsal:
        with _held(config, folder) as store:
            yield store
        return
    _ensure_store(folder)
    limit, threads = config.warehouse.memory_limit, config.warehouse.threads
    protection = read_protection(config.privacy, folder)
    with open_store(
        folder, limit, threads, protection, is_checked=True, is_rehearsal=True
    ) as store:
        yield store


def _tenants(config: Config, store: Store) -> list[str]:
    """Tenants that are served, and those that were: what is stored of them is published too."""
    served = [tenant.name for tenant in config.served]
    return served + [name for name in store.state.tenants() if name not in served]


def _ensure_no_account(store: Store, config: Config, tenant: str, request: ErasureRequest) -> None:
    """Raises: ConfigError for an address of an account, unless it is to be erased too."""
    accounts = accounts_with(store, tenant, request.address)
    listed = (served.accounts for served in config.served if served.name == tenant)
    if any(request.address in names for names in listed):
        accounts = [request.address]
    if request.with_account or not accounts:
        return
    if request.address in accounts:
        what = "is a sending account"
    else:
        what = f"is an address of the sending account {accounts[0]}"
    raise ConfigError(
        f"{request.address}: {what} (tenant '{tenant}'), not a person who received mail;"
        f" nothing in {store.root} is changed; --account erases it too, its numbers stay under"
        " erased:…"
    )


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
    file = root.resolve()  # laid out beside it, not beside a link to it
    with emptied(file.with_name(f".{file.name}.erasing")) as beside:
        folder = beside / "store"
        restore(root, folder)
        yield folder


def _write_again(store: Store, target: Path) -> None:
    """Puts the changed store in the place of the backup that it came from."""
    fresh = store.root.with_name("again")
    back_up(store, fresh, locked=True)
    put_in_place(fresh, target)


def purge(config: Config, who: str, reason: str, now: datetime) -> Purge:
    """Applies the retention to every tenant, also one that is served no longer."""
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
        for tenant in _tenants(config, store):
            store.check_now(tenant, now)
            begun = begin(store, tenant, None, now, who, reason)
            removed = purge_rows(store, tenant, now, days)
            removals.append(_ended(store, config, begun, ErasedRows(removed, 0)))
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
        store.protection = new
        audit.record(store, now, who, "rotate-key", new.fingerprint, reason, "done")
    return KeyChange(fingerprint=new.fingerprint, tenants=tenants, key_file=str(file))


def note(
    config: Config,
    what: str,
    target: str,
    who: str,
    now: datetime,
    outcome: str = "done",
    subject: str = "",
) -> None:
    """Exports, backups and restores leave an entry in every mode: a file gets out of hand.

    So does what somebody does at the dashboard, where the name alone may change hands.
    """
    with store_of(config) as store:
        audit.record(store, now, who, what, target, "", outcome, subject)


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
            or any(has_old_rows(store, tenant, now, days) for tenant in _tenants(config, store))
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
    is_own = root == config.warehouse.path  # where it is not, it was laid out from a backup
    with (
        tables_of(config) if is_own else owned_tables(root),
        open_store(root, limit, threads, protection, is_checked=True) as store,
        ExitStack() as locks,
    ):
        for tenant in _tenants(config, store):
            locks.enter_context(store.tenant_lock(tenant))
        locks.enter_context(store.build_lock())
        days = config.retention.facts_days, config.retention.marts_days
        for begun in unfinished(store):
            log.warning("a removal of %s had not ended; it is ended now", iso(begun.at))
            _ended(store, config, begun, _removed(store, begun, days))
        yield store


def _removed(store: Store, begun: Removal, days: tuple[int, int]) -> ErasedRows:
    if begun.value is None:
        return ErasedRows(purge_rows(store, begun.tenant, begun.at, days), 0)
    return erase_rows(store, begun.tenant, begun.value)


def _erased(
    store: Store, config: Config, tenant: str, request: ErasureRequest
) -> list[RemovalDocument]:
    """The proofs: one, or two where the person is stored as a pseudonym and as an account."""
    values = _values(store, tenant, request)
    if not values:
        return [_proof(store, tenant, None, ErasedRows([], 0), 0, LeftOver(0, ()))]
    if request.is_rehearsal:
        return [_rehearsed(store, tenant, value) for value in values]
    removals = []
    for value in values:
        begun = begin(store, tenant, value, request.now, request.who, request.reason)
        rows = erase_rows(store, tenant, value)
        removals.append(_ended(store, config, begun, rows))
    return removals


def _values(store: Store, tenant: str, request: ErasureRequest) -> list[str]:
    """How the store holds the person: not at all in aggregate mode, unless as an account."""
    mode = store.protection.mode
    values = [] if mode == "aggregate" else [store.mask(tenant).recipient(request.address)]
    if request.with_account and accounts_with(store, tenant, request.address):
        values.append(request.address)
    return list(dict.fromkeys(values))


def _rehearsed(store: Store, tenant: str, value: str) -> RemovalDocument:
    rows = rows_to_erase(store, tenant, value)
    return _proof(store, tenant, None, rows, 0, left_over(store, tenant, value))


def _ended(store: Store, config: Config, begun: Removal, rows: ErasedRows) -> RemovalDocument:
    """The proof of a removal, once readers see the new version and the old files are gone."""
    _publish_again(store, config, begun.at)
    is_purge = begun.value is None
    kept_from = begun.at.date() - timedelta(days=config.retention.facts_days)
    files = forget_old_files(store) + forget_damaged(store, kept_from if is_purge else None)
    left, person = LeftOver(0, ()), None
    if begun.value is not None:
        left = left_over(store, begun.tenant, begun.value)
        person = audit_name(store, begun.tenant, begun.value)
    count = sum(part.rows_dropped + part.rows_kept_without for part in rows.removed)
    end(store, begun, f"{count} rows, {files} old files, {left.rows} rows left")
    proof = _proof(store, begun.tenant, person, rows, files, left)
    return replace(proof, other_values=UNSET, forms_kept=UNSET) if is_purge else proof


def _proof(
    store: Store, tenant: str, person: str | None, rows: ErasedRows, files: int, left: LeftOver
) -> RemovalDocument:
    return RemovalDocument(
        tenant=tenant,
        person=person,
        removed=tuple(rows.removed),
        old_files_removed=files,
        remaining_rows=left.rows,
        other_values=rows.other_values,
        forms_kept=left.forms,
        store=str(store.root),
    )


def _publish_again(store: Store, config: Config, now: datetime) -> None:
    if store.published.exists():
        publish_models(store, _published_as_of(store) or now, reference_of(config))
    remove_unfinished(store.root)
    store.published.with_name("hve.next.duckdb").unlink(missing_ok=True)


def _published_as_of(store: Store) -> datetime | None:
    """Business time of the published version, None of one that another hand damaged."""
    try:
        with published_connection(store.root) as connection:
            rows = connection.execute("select as_of from state.publication").fetchall()
    except StoreError:
        return None
    return rows[0][0] if rows else None
