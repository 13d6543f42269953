"""Who owns the tables: an object that one folder of a store holds and renews while it works.

The service's own clock decides when a lease has run out: it is the time of the object itself, not
of a machine. Processes of one folder share its lease, since locks and state.db order them.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import msgspec

from hve_monitor.clock import iso
from hve_monitor.document import Document
from hve_monitor.errors import HveError, LockedError, StoreError
from warehouse.locks import exclusive
from warehouse.objects.storage import Overtaken, Storage

LEASE, CLOCK = "hve/lease.json", "hve/clock"
SECONDS = 300
ATTEMPTS = 5
WAIT_SECONDS = 10.0


class Lease(Document):
    """The object: who holds the tables, in which process, for how many seconds since it was put;
    0 once it was given back. `nonce` tells two puts of one process apart.
    """

    holder: str
    process: int
    seconds: int
    nonce: str
    folder: str = ""


class Owner(NamedTuple):
    """A folder of a store: its name for people, and what no other folder has.

    Containers that share a folder have other machine names; machines of one image have the same.
    """

    name: str
    folder: str


def owner_of(root: Path) -> Owner:
    """That of the store at a root. Raises: LockedError, StoreError."""
    return Owner(f"{socket.gethostname()}:{root.resolve()}", _folder_key(root / "locks"))


def _folder_key(locks: Path) -> str:
    """A random text in a file, beside the file's own number: a copy of the file has another one."""
    file = locks / "owners" / "folder"
    with exclusive(locks, "folder", WAIT_SECONDS):
        file.parent.mkdir(exist_ok=True)
        if file.exists():
            key, _, number = file.read_text(encoding="utf-8", errors="replace").partition(" ")
            if number == str(file.stat().st_ino):
                return key
            file.unlink()
        with file.open("x", encoding="utf-8") as stream:
            key = uuid4().hex
            stream.write(f"{key} {os.fstat(stream.fileno()).st_ino}")
        return key


class Holding:
    """The lease of a folder, renewed in the background until it is given back."""

    def __init__(self, storage: Storage, owner: Owner, seconds: int = SECONDS) -> None:
        self._storage, self.owner, self._seconds = storage, owner, seconds
        self._mark = ""
        self._began: tuple[float, float] | None = None
        self._ended, self._turn = threading.Event(), threading.Lock()

    def take(self) -> None:
        """Takes the lease, or renews it. Raises: LockedError naming the holder, HveError."""
        with self._turn:
            for _ in range(ATTEMPTS):
                if self._ended.is_set():
                    return
                began = _clocks()
                try:
                    self._put(self._seconds)
                except Overtaken:
                    self._mark = self._usable_mark()
                else:
                    self._began = began
                    return
        raise LockedError(f"{self._storage.url}: another machine wants the tables too; try again")

    def confirm(self) -> None:
        """Before a write: the lease lasts for a while, or is taken anew.

        Raises: LockedError where another folder has it by now.
        """
        passed = [now - then for now, then in zip(_clocks(), self._began or (0, 0), strict=True)]
        if max(passed) > self._seconds * 2 / 3:
            self.take()

    def keep(self) -> None:
        """Renews the lease by a thread of its own."""
        threading.Thread(target=self._renew, name="lease", daemon=True).start()

    def give_back(self, *, is_last: bool) -> None:
        """Ends the renewal; the last process of a folder lets others take the tables at once."""
        self._ended.set()
        with self._turn:
            try:
                if is_last:
                    self._put(0)
            except (Overtaken, HveError):
                return  # another one has it, or it runs out by itself

    def _renew(self) -> None:
        while not self._ended.wait(self._seconds / 4):
            try:
                self.take()
            except HveError:
                continue  # the next write says so

    def _put(self, seconds: int) -> None:
        name, folder = self.owner
        lease = Lease(
            holder=name, folder=folder, process=os.getpid(), seconds=seconds, nonce=uuid4().hex
        )
        content = msgspec.json.encode(lease)
        self._mark = self._storage.put(LEASE, content, self._mark or "nothing")

    def _usable_mark(self) -> str:
        """Mark of a lease that may be replaced, "" where there is none any more.

        Raises: LockedError.
        """
        try:
            content, mark = self._storage.get(LEASE)
        except FileNotFoundError:
            return ""
        lease = _decoded(self._storage, content)
        if lease.folder == self.owner.folder:
            return mark
        if self._began is not None:
            raise LockedError(
                f"{self._storage.url}: {lease.holder} took the tables while this command lay still;"
                " try again"
            )
        if lease.seconds == 0:
            return mark
        ends = self._written(LEASE) + timedelta(seconds=lease.seconds)
        self._storage.put(CLOCK, b"")
        if self._written(CLOCK) >= ends:
            return mark
        raise LockedError(
            f"{self._storage.url}: {lease.holder} (process {lease.process}) has the tables until"
            f" {iso(ends)} if it does not renew; try again then"
        )

    def _written(self, path: str) -> datetime:
        facts = self._storage.head(path)
        if facts is None:
            raise LockedError(f"{self._storage.url}: {path} was removed meanwhile; try again")
        written: datetime = facts["last_modified"]
        return written


def _clocks() -> tuple[float, float]:
    """Seconds of two clocks: one is never set, the other goes on while a machine sleeps."""
    return time.monotonic(), time.time()


def _decoded(storage: Storage, content: bytes) -> Lease:
    try:
        return msgspec.json.decode(content, type=Lease)
    except msgspec.MsgspecError as error:
        raise StoreError(f"{storage.url}/{LEASE}: is no lease ({error}); remove it") from None
