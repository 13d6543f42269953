"""One file that holds a whole store: state.db, facts and marts of one moment, with checksums.

The locks are held while state and logs are copied, for seconds; data files are copied afterwards,
since files that are replaced stay for a day. `hve.duckdb`, `walks/` and `contacts/` are left out: a
build or upkeep makes them anew.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

import msgspec

from hve_monitor.clock import iso
from hve_monitor.config.store import SHARDS
from hve_monitor.errors import ConfigError, StoreError
from hve_monitor.files import put_in_place, sync_file, sync_folder
from hve_monitor.text import printable
from warehouse.delta.disk import Disk
from warehouse.delta.files import DeltaFiles
from warehouse.delta.side import Side
from warehouse.locks import exclusive
from warehouse.records.digests import changed_tables
from warehouse.schema import check_schema
from warehouse.store import MANIFEST, Store, check_name, refusals_in_one_line, restoring
from warehouse.tables import TABLES
from warehouse.tables.state_contents import foreign_content

KIND, VERSION = "hve-backup", 1
ASIDE = ".replaced-"
WAIT_SECONDS = 900.0
AT_ONCE = 1 << 20
# What no backup comes near: a store of 400 days has some ten thousand files, four folders deep.
ROOMS = tuple(sorted({table.room for table in TABLES}))
MOST_MEMBERS, MOST_FOLDERS, MOST_MANIFEST_BYTES = 1_000_000, 8, 512 << 20
# A step of a path, on any system: no parent, drive, stream, backslash, or unseen sign.
STEP = re.compile(r"(?!\.{1,2}$)[^\x00-\x1f\x7f\\:*?\"<>|/]{1,250}")


@dataclass(frozen=True)
class Backup:
    """What a backup holds; sizes in bytes.

    damaged: files of it that are not as the store wrote them. kept_aside: the store that a restore
    moved out of the way.
    """

    path: str
    created_at: str
    files: int
    bytes: int
    damaged: tuple[str, ...] = ()
    kept_aside: str | None = None


@dataclass(frozen=True)
class StoredFile:
    """Size and SHA-256 of a file in a backup."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The list of a backup's files, in JSON: it makes a folder or an archive whole."""

    kind: str
    version: int
    created_at: str
    files: dict[str, StoredFile]

    @property
    def encoded(self) -> bytes:
        """The JSON as it stands in the archive and in a restored store."""
        return json.dumps(asdict(self)).encode()

    def backup(self, path: Path) -> Backup:
        """What the backup at a path holds."""
        size = sum(file.bytes for file in self.files.values())
        return Backup(str(path), self.created_at, len(self.files), size)


@dataclass(frozen=True)
class ManifestHead:
    """What every release can read of a manifest."""

    kind: str
    version: int


def back_up(store: Store, target: Path, *, locked: bool = False) -> Backup:
    """Writes the store into one new file and returns what it holds.

    locked: the caller holds every lock of the store already.

    Raises: LockedError when a run holds the store for longer than 15 minutes, ConfigError when the
    target exists or lies inside the store, StoreError (disk, a state.db of another hand).
    """
    _check_target(store, target)
    if foreign := foreign_content(store.state.connection):
        raise StoreError(
            f"{store.root}: state.db: {foreign}; another hand wrote it, restore a backup"
            " (hve restore)"
        )
    name = hashlib.sha256(str(store.root.resolve()).encode()).hexdigest()[:8]
    with (
        _one_line(target),
        exclusive(store.root / "locks", "backup", WAIT_SECONDS),
        emptied(target.with_name(f".hve-backup-{name}")) as folder,
    ):
        staged, partial = folder / "store", folder / "archive"
        files = _freeze(store, staged, nullcontext() if locked else still(store))
        manifest = _write(partial, store.delta.side, staged, files)
        put_in_place(partial, target)
    return replace(manifest.backup(target), damaged=_damaged(store, manifest))


def _damaged(store: Store, manifest: Manifest) -> tuple[str, ...]:
    """Files whose bytes are not those that the store remembers to have written."""
    sums, files = store.state.checksums(), manifest.files.items()
    names = [name for name, file in files if sums.get(name, file.sha256) != file.sha256]
    return (*names, *(["state.db"] if changed_tables(store.state) else []))


@contextmanager
def emptied(folder: Path) -> Iterator[Path]:
    """An empty folder for a while, for its owner alone.

    Its name is always the same, so that what a killed process left in it goes with the next one.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_target(store: Store, target: Path) -> None:
    if target.exists():
        raise ConfigError(f"{target}: exists already; name a new file")
    if not target.parent.is_dir():
        raise ConfigError(f"{target.parent}: no such folder")
    if store.root.resolve() in target.resolve().parents:
        raise ConfigError(f"{target}: lies inside the store; a backup belongs somewhere else")


def _freeze(store: Store, staged: Path, lock: AbstractContextManager[None]) -> list[str]:
    """Copies state and logs while nothing is written; returns the data files they speak of, by
    their paths below the root of the tables.
    """
    staged.mkdir()
    with lock:
        store.state.copy_to(staged / "state.db")
        files: list[str] = []
        for table in TABLES:
            if store.delta.open(table) is None:
                continue
            for path in store.delta.side.listing(f"{table.folder}/_delta_log"):
                if not path.endswith((".torn", ".tmp")):
                    _copy(store.delta.side, path, staged / path)
            files += store.delta.paths(table)
    return files


def _copy(side: Side, path: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with side.read(path) as source, target.open("xb") as copy:
        shutil.copyfileobj(source, copy, AT_ONCE)


@contextmanager
def still(store: Store) -> Iterator[None]:
    """Nothing writes rows or marts inside. Raises: LockedError."""
    locks = store.root / "locks"
    with ExitStack() as locked:
        for tenant in store.state.tenants():
            locked.enter_context(exclusive(locks, f"tenant-{tenant}", WAIT_SECONDS))
        locked.enter_context(store.build_lock())
        yield


def _write(partial: Path, side: Side, staged: Path, files: list[str]) -> Manifest:
    stored: dict[str, StoredFile] = {}
    with tarfile.open(partial, "w", format=tarfile.PAX_FORMAT) as archive:
        partial.chmod(0o600)
        copied = Disk(staged)
        stored |= {name: _add(archive, copied, name) for name in copied.listing("")}
        stored |= {name: _add(archive, side, name) for name in files}
        manifest = Manifest(KIND, VERSION, iso(datetime.now(UTC)), stored)
        text = manifest.encoded
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mtime = len(text), int(time.time())
        archive.addfile(info, io.BytesIO(text))
    return manifest


def _add(archive: tarfile.TarFile, side: Side, name: str) -> StoredFile:
    """Adds a file; returns its size and checksum, taken of the very bytes that were written."""
    info, facts = tarfile.TarInfo(name), side.facts(name)
    if facts is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), side.uri(name))
    info.size, info.mode, info.mtime = facts.size, 0o600, int(facts.modified)
    with side.read(name) as stream:
        hashed = _Hashed(stream)
        archive.addfile(info, hashed)
    return StoredFile(info.size, hashed.digest.hexdigest())


class _Hashed:
    """A stream that remembers the checksum of what was read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.digest = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.digest.update(data)
        return data


def restore(source: Path, root: Path, *, replaces: bool = False) -> Backup:
    """Puts the store of a backup in place; nothing changes before every checksum was right.

    replaces: an existing store is moved aside, beside its place, and kept.
    Raises: ConfigError (no backup, a store is there), StoreError (damaged, disk), LockedError.
    """
    check_name(root)
    if root.exists() and any(root.iterdir()) and not replaces:
        raise ConfigError(f"{root}: holds a store already; --replace moves it aside")
    fresh = restoring(root)
    with _one_line(fresh):
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True, mode=0o700)
        try:
            manifest = _unpack(source, fresh)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        with _left_alone(root):
            aside = _put_in_place(fresh, root)
    return replace(manifest.backup(source), kept_aside=str(aside) if aside else None)


@contextmanager
def _left_alone(root: Path) -> Iterator[None]:
    """No process works in the store that is replaced; its state may be unreadable by now."""
    locks = root / "locks"
    with ExitStack() as locked:
        for file in sorted(locks.glob("*.lock")):
            locked.enter_context(exclusive(locks, file.stem))
        yield


def _unpack(source: Path, fresh: Path) -> Manifest:
    """Lays the members out. Raises: ConfigError, StoreError: what a checksum says is no proof."""
    unpacked: dict[str, StoredFile | bytes] = {}
    try:
        with tarfile.open(source, "r:") as archive:
            for number, info in enumerate(archive):
                _check_member(info, number)
                unpacked[info.name] = _extract(archive, info, fresh)
    except FileNotFoundError:
        raise ConfigError(f"{source}: no such file") from None
    except tarfile.TarError as error:
        raise StoreError(f"{source}: is no whole backup ({error}); nothing was changed") from None
    manifest = _manifest(source, unpacked.pop(MANIFEST, b""))
    wrong = [name for name, file in manifest.files.items() if unpacked.get(name) != file]
    if wrong or unpacked.keys() - manifest.files.keys():
        name = (wrong or sorted(unpacked))[0]
        raise StoreError(
            f"{source}: {printable(name)} is damaged; nothing was changed, use another backup"
        )
    _check_contents(source, fresh)
    for folder in {fresh, *(path for path in fresh.rglob("*") if path.is_dir())}:
        sync_folder(folder)
    _write_manifest(fresh, manifest)
    return manifest


def _check_member(info: tarfile.TarInfo, number: int) -> None:
    """Raises: StoreError for what no backup holds: other places, kinds and amounts."""
    steps = info.name.split("/")
    is_ours = info.name in (MANIFEST, "state.db") or steps[0] in ROOMS
    is_plain = len(steps) <= MOST_FOLDERS and all(map(STEP.fullmatch, steps))
    is_short = info.name != MANIFEST or info.size <= MOST_MANIFEST_BYTES
    if not (is_ours and is_plain and is_short and info.isreg()) or info.issparse():
        raise StoreError(
            f"{printable(info.name)[:200]!r} is nothing that a backup holds; nothing was changed"
        )
    if number == MOST_MEMBERS:
        raise StoreError(f"more than {MOST_MEMBERS:,} files are no backup; nothing was changed")


def _extract(archive: tarfile.TarFile, info: tarfile.TarInfo, fresh: Path) -> StoredFile | bytes:
    """Writes a member durably; returns its size and checksum, or the manifest's own bytes."""
    stream = cast("IO[bytes]", archive.extractfile(info))  # of a regular file
    if info.name == MANIFEST:
        return stream.read()
    target = fresh.joinpath(*info.name.split("/"))
    target.parent.mkdir(parents=True, exist_ok=True)
    hashed = _Hashed(stream)
    with target.open("xb") as file:
        target.chmod(0o600)
        shutil.copyfileobj(hashed, file, AT_ONCE)
    sync_file(target)
    return StoredFile(info.size, hashed.digest.hexdigest())


def _check_contents(source: Path, fresh: Path) -> None:
    """Opens what will be the store: neither half may be foreign. Raises: StoreError."""
    try:
        with refusals_in_one_line(fresh):
            _check_state(fresh / "state.db")
            for table in TABLES:
                DeltaFiles(Disk(fresh)).open(table)
    except StoreError as error:
        raise StoreError(f"{source}: {error}; nothing was changed") from None


def _check_state(file: Path) -> None:
    """Raises: StoreError, sqlite3.Error."""
    if not file.is_file() or not file.stat().st_size:
        raise StoreError("its state.db is empty")
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as state:
        [(finding,)] = state.execute("pragma quick_check(1)").fetchall()
        version = int(state.execute("pragma user_version").fetchone()[0])
        check_schema(file, version)
        foreign = foreign_content(state) if finding == "ok" else finding
    if foreign is not None:
        raise StoreError(f"its state.db: {foreign}")


def _manifest(source: Path, text: StoredFile | bytes) -> Manifest:
    """Raises: StoreError, ConfigError for one of another release."""
    try:
        content = text if isinstance(text, bytes) else b""
        head = msgspec.json.decode(content, type=ManifestHead)
        if (head.kind, head.version) != (KIND, VERSION):
            kind = f"{printable(head.kind)[:80]} {head.version}"
            raise ConfigError(f"{source}: is {kind}, this program reads {KIND} {VERSION}")
        return msgspec.json.decode(content, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise StoreError(f"{source}: is no whole backup; nothing was changed") from None


def _write_manifest(fresh: Path, manifest: Manifest) -> None:
    """Last and in one step: a folder that has it is whole."""
    partial = fresh / f"{MANIFEST}.partial"
    partial.write_bytes(manifest.encoded)
    sync_file(partial)
    partial.replace(fresh / MANIFEST)
    sync_folder(fresh)


def _put_in_place(fresh: Path, root: Path) -> Path | None:
    """Two renames; opening the store does the second one when a crash came between them.

    Returns where the replaced store lies.
    """
    aside = root.with_name(f"{root.name}{ASIDE}{time.time_ns()}") if root.exists() else None
    if aside:
        root.rename(aside)
        if (aside / SHARDS).exists():  # stores of their own, which stay where they are
            (aside / SHARDS).rename(fresh / SHARDS)
    fresh.rename(root)
    sync_folder(root.parent)
    return aside


def kept_aside(root: Path, before: datetime | None = None) -> list[Path]:
    """Stores that restores moved out of the way of this one, of before a moment, oldest first."""
    stores = sorted(root.parent.glob(f"{glob.escape(root.name)}{ASIDE}*"))
    return [store for store in stores if before is None or _set_aside_at(store) < before]


def _set_aside_at(store: Path) -> datetime:
    nanoseconds = store.name.rpartition(ASIDE)[2]
    seconds = int(nanoseconds) / 1e9 if nanoseconds.isdigit() else store.stat().st_mtime
    return datetime.fromtimestamp(seconds, UTC)


@contextmanager
def _one_line(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{place}: {error.strerror or error}; free space or check it") from error
