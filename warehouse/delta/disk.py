"""Tables in a folder of this machine: what is written is synced, what a crash tore is set aside.

delta-rs renames files into place but never syncs them. A newest log entry that a crash left half
written was never acknowledged. A checkpoint that cannot be read goes as well: the entries of the
last days hold the same.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

import pyarrow as pa

from hve_monitor.errors import HveError, StoreError
from hve_monitor.files import sync_file, sync_folder
from warehouse.delta.side import FileFacts, Settled, Stamp, sha256

SPARE_BYTES = 200_000
SPARE_FILES = 20


class Disk:
    """The tables below one folder."""

    options: dict[str, str] | None = None
    is_remote = False

    def __init__(self, root: Path) -> None:
        self.root = root

    def uri(self, path: str) -> str:
        """The file's or folder's own name."""
        return str(self.root / path)

    def listing(self, folder: str) -> dict[str, FileFacts]:
        """Every file below a folder, by path."""
        files = (file for file in (self.root / folder).rglob("*") if file.is_file())
        return {file.relative_to(self.root).as_posix(): _facts(file) for file in sorted(files)}

    def folders(self, folder: str) -> list[str]:
        """Names of the folders in a folder, in order."""
        return sorted(path.name for path in (self.root / folder).glob("*") if path.is_dir())

    def facts(self, path: str) -> FileFacts | None:
        """Of one file, None where there is none."""
        file = self.root / path
        return _facts(file) if file.exists() else None

    def read(self, path: str) -> IO[bytes]:
        """A file, opened. Raises: OSError."""
        return (self.root / path).open("rb")

    def write(self, path: str, content: bytes) -> None:
        """Puts a file in place."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def remove(self, path: str) -> None:
        """Removes a file, whether it is there or not."""
        (self.root / path).unlink(missing_ok=True)

    def check_place(self, path: str) -> None:
        """Raises: StoreError where a link leads out of the tables."""
        file, room = self.root / path, self.root / path.partition("/")[0]
        if room.resolve() not in file.parent.resolve().parents:
            raise StoreError(f"{file}: a link leads out of the store there; nothing was moved")

    def move(self, path: str, target: str) -> None:
        """Gives a file another path."""
        (self.root / target).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).replace(self.root / target)

    def guard(self) -> None:
        """The locks of the store do."""

    def trouble(self, error: Exception) -> HveError | None:  # noqa: ARG002
        """Whoever asks knows what a disk says."""
        return None

    def prepare(self, folder: str, size: int) -> None:
        """Makes room for so many bytes of a table. Raises: StoreError."""
        path = self.root / folder
        path.mkdir(parents=True, exist_ok=True)
        _ensure_space(path, size)

    def has_log(self, folder: str) -> bool:
        """Whether a table was ever written."""
        return _log(self.root / folder).exists()

    def newest_entry(self, folder: str) -> int | None:
        """Number of the newest entry of a table's log, None without one."""
        names = (entry.stem for entry in _log(self.root / folder).glob("*.json"))
        return max((int(name) for name in names if name.isdigit()), default=None)

    def empty_entries(self, folder: str) -> list[str]:
        """Entries of a table's log without a byte, which delta-rs reads as nothing."""
        entries = _log(self.root / folder).glob("*.json")
        return [f"{folder}/_delta_log/{file.name}" for file in entries if not file.stat().st_size]

    def stamp(self, folder: str, version: int) -> Stamp | None:
        """Another value when the table has another newest version, also after it was restored."""
        log = _log(self.root / folder)
        try:
            status = (log / f"{version:020}.json").stat()
        except OSError:
            return None
        follows = (log / f"{version + 1:020}.json").exists()
        return None if follows else (version, status.st_ino, status.st_mtime_ns, status.st_size)

    def mend(self, folder: str) -> bool:
        """Sets aside what a crash left half written of a table's log; whether it did."""
        log = _log(self.root / folder)
        return _set_aside_torn_entry(log) or _set_aside_broken_checkpoint(log)

    def settle(self, folder: str, after: int) -> Settled:
        """fsync of the log entries after a version, the files they name and every folder between.

        Another tenant's process may commit in between, so it is every later entry, not the newest
        one alone.
        """
        path = self.root / folder
        version, files = sync_entries(path, after)
        paths = [file.relative_to(self.root).as_posix() for file in files]
        return Settled(version, {name: sha256(self, name) for name in paths})

    def settle_checkpoint(self, folder: str) -> None:
        """fsync of the newest checkpoint, before the log entries that it stands for are removed."""
        log = _log(self.root / folder)
        files = sorted(log.glob("*.checkpoint*.parquet"))[-1:]
        for file in [*files, log / "_last_checkpoint"]:
            if file.exists():
                sync_file(file)
        sync_folder(log)


def _log(path: Path) -> Path:
    return path / "_delta_log"


def _facts(file: Path) -> FileFacts:
    status = file.stat()
    return FileFacts(status.st_size, status.st_mtime)


def sync_entries(path: Path, after: int) -> tuple[int | None, list[Path]]:
    """Returns the newest of the versions, None without one, and the files."""
    log = _log(path)
    folders, files = {path, log}, []
    entries = sorted(entry for entry in log.glob("*.json") if int(entry.stem) > after)
    for entry in entries:
        for file in added_files(path, entry):
            sync_file(file)
            files.append(file)
            folders.update(file.parents[: len(file.relative_to(path).parts) - 1])
        sync_file(entry)
    for folder in folders:
        sync_folder(folder)
    return (int(entries[-1].stem) if entries else None), files


def added_files(path: Path, entry: Path) -> list[Path]:
    """Data files that a log entry of the table at the path adds."""
    names = [action["add"]["path"] for action in _actions(entry) if "add" in action]
    return [path / unquote(name) for name in names]


def _ensure_space(path: Path, needed: int) -> None:
    """Refuses early: on a full disk delta-rs ends with half-written files and a page of panics."""
    if hasattr(os, "statvfs"):
        files = os.statvfs(path)
        if files.f_files and files.f_favail < SPARE_FILES:
            raise StoreError(f"{path}: no file can be made, the disk has no inodes left; free some")
    free = shutil.disk_usage(path).free
    if free < needed + SPARE_BYTES:
        raise StoreError(
            f"{path}: {free / 1e6:.1f} MB free, {(needed + SPARE_BYTES) / 1e6:.1f} MB needed;"
            " free space and run again"
        )


def _set_aside_torn_entry(log: Path) -> bool:
    """One crash tears the newest entry: anything beyond that is damage of another kind."""
    entries = sorted(log.glob("*.json"))
    if not entries or not _is_torn(entries[-1]) or any(map(_is_torn, entries[-2:-1])):
        return False
    if any(log.glob(f"{entries[-1].stem}.checkpoint*")):
        return False  # the entry was whole when the checkpoint was written
    entries[-1].rename(entries[-1].with_suffix(".torn"))
    return True


def _is_torn(entry: Path) -> bool:
    try:
        return not _actions(entry)
    except (ValueError, RecursionError):
        return True


def _set_aside_broken_checkpoint(log: Path) -> bool:
    broken = [file for file in log.glob("*.checkpoint*.parquet") if not _is_parquet(file)]
    for file in broken:
        file.rename(file.with_suffix(".torn"))
    hint = log / "_last_checkpoint"
    is_wrong = hint.exists() and (broken or not _names_a_checkpoint(hint))
    if is_wrong:
        hint.unlink()
    return bool(broken or is_wrong)


def _names_a_checkpoint(hint: Path) -> bool:
    """Whether the newest checkpoint is where the log's hint says; an older one would do as well."""
    try:
        version = int(json.loads(hint.read_bytes())["version"])
    except (ValueError, KeyError, TypeError):
        return False
    return any(hint.parent.glob(f"{version:020}.checkpoint*.parquet"))


def _is_parquet(file: Path) -> bool:
    import pyarrow.parquet as pq  # every command would wait for it, and few look at a checkpoint

    try:
        pq.read_table(file, partitioning=None)
    except (pa.ArrowException, OSError):
        return False
    return True


def _actions(entry: Path) -> list[dict[str, Any]]:
    """One JSON object per line. Raises: ValueError when the entry is torn."""
    # Not splitlines(): statistics may hold other line ends of Unicode as they are.
    return [json.loads(line) for line in entry.read_bytes().split(b"\n") if line.strip()]
