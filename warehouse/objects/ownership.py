"""One folder owns the tables of an object store, and leaves a copy of its state.db beside them.

The copy is put in the place of the last one that this folder knows: whoever was overtaken cannot
put it. A folder without a state.db begins with it, so that a lost machine can be replaced.
A state.db that does not fit the tables never becomes the first copy.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, unquote
from uuid import uuid4

import msgspec
from filelock import FileLock, Timeout

from hve_monitor.document import Document, json_text
from hve_monitor.errors import HveError, LockedError, StoreError
from hve_monitor.files import put_in_place, write_text
from warehouse.live import state_rows
from warehouse.locks import exclusive
from warehouse.objects.lease import Holding, owner_of
from warehouse.objects.place import TablesPlace, noted_place
from warehouse.objects.storage import Overtaken, Storage

SNAPSHOT, NOTE = "hve/state.db", "snapshot.json"
HOLDER, FOLDER = "holder", "folder"  # labels of the copy
FILLED = "select 1 from commits union all select 1 from tenants limit 1"
WAIT_SECONDS = 300.0  # until another process of the folder has put its copy
_OWNED: dict[Path, _Ownership] = {}
_TURN = threading.RLock()


class Note(Document):
    """What a folder knows of the copy: its mark, and whether days that are newer than it are marked
    as out of date.
    """

    mark: str
    is_caught_up: bool = True


@contextmanager
def owned(root: Path) -> Iterator[None]:
    """The tables belong to the store at a root while the block runs; uses may be nested.

    Raises: LockedError naming who has them, StoreError where another machine went on with them.
    """
    place = noted_place(root)
    if place is None or not place.is_remote:
        yield
        return
    ownership = _entered(root, place)
    try:
        yield
    except BaseException:
        with suppress(HveError):  # the trouble of before is the one to name
            ownership.left()
        raise
    ownership.left()


def confirm(root: Path) -> None:
    """Before a write to the tables. Raises: LockedError where they belong to another folder."""
    ownership = _OWNED.get(root.absolute())
    if ownership is None:
        raise LockedError(f"{root}: does not own its tables; try again")
    ownership.holding.confirm()


def save_state(root: Path) -> None:
    """Puts the copy of state.db now, where the tables are in an object store."""
    ownership = _OWNED.get(root.absolute())
    if ownership is not None:
        ownership.save()


def begin_copy(root: Path) -> None:
    """Puts the first copy of a state.db that fits the tables, before they change."""
    ownership = _OWNED.get(root.absolute())
    if ownership is not None and ownership.has_no_copy:
        ownership.save()


def is_behind(root: Path) -> bool:
    """Whether state.db came from the copy, and tables may be newer."""
    note = _note(root)
    return note is not None and not note.is_caught_up


def caught_up(root: Path) -> None:
    """Notes that state.db knows what the tables hold."""
    note = _note(root)
    if note is not None:
        _write(root, Note(mark=note.mark))


def _entered(root: Path, place: TablesPlace) -> _Ownership:
    with _TURN:
        ownership = _OWNED.get(root.absolute())
        if ownership is None:
            ownership = _Ownership(root, place.opened)
            ownership.begin()
            _OWNED[root.absolute()] = ownership
        ownership.uses += 1
        return ownership


class _Ownership:
    """The tables of one store, held by this process."""

    def __init__(self, root: Path, storage: Storage) -> None:
        self.root, self.storage, self.uses = root, storage, 0
        self.holding = Holding(storage, owner_of(root))
        self._present = FileLock(  # of the process, whichever thread ends last
            root / "locks" / "owners" / f"{uuid4().hex}.lock", thread_local=False
        )
        self._state: object = None
        self.has_no_copy = False

    def begin(self) -> None:
        """Takes the lease, and a state.db from the copy where there is none."""
        self.holding.take()
        try:
            self._present.acquire(timeout=0)
            with self._copying():
                self._meet_snapshot()
        except BaseException:
            self._end()
            raise
        self._state = _stamp(self.root)
        self.holding.keep()

    def left(self) -> None:
        """Ends a use; the last one puts the copy of a state.db that changed."""
        with _TURN:
            self.uses -= 1
            if self.uses:
                return
            try:
                # Without a first copy nobody knows whether this state.db fits the tables.
                if not self.has_no_copy and _stamp(self.root) != self._state:
                    self.save()
            finally:
                del _OWNED[self.root.absolute()]
                self._end()

    def save(self) -> None:
        """Puts a copy of state.db after the last one. Raises: LockedError, HveError."""
        file = self.root / "state.db"
        if file.exists():
            with self._copying():
                self._put(_copied(file))

    def _copying(self) -> AbstractContextManager[None]:
        """One process of the folder at a time: the copy of a later one holds what this one did."""
        return exclusive(self.root / "locks", "state-copy", WAIT_SECONDS)

    def _put(self, content: bytes) -> None:
        note, (name, folder) = _note(self.root), self.holding.owner
        after = "nothing" if note is None or self.has_no_copy else note.mark
        labels = {HOLDER: quote(name, safe="/:"), FOLDER: folder}
        try:
            mark = self.storage.put(SNAPSHOT, content, after, labels)
        except Overtaken:
            raise self._overtaken() from None
        _write(self.root, Note(mark=mark, is_caught_up=note is None or note.is_caught_up))
        self.has_no_copy = False

    def _meet_snapshot(self) -> None:
        """Raises: StoreError where another machine put a copy since this one did."""
        facts, note = self.storage.head(SNAPSHOT), _note(self.root)
        self.has_no_copy = facts is None
        if facts is None:
            return
        if _is_empty(self.root / "state.db", note):
            self._restore()
        elif note is None or self.storage.mark(facts) != note.mark:
            if self.storage.attribute(SNAPSHOT, FOLDER) != self.holding.owner.folder:
                raise self._overtaken()
            # Put, and ended before it was noted.
            is_caught_up = note is None or note.is_caught_up
            _write(self.root, Note(mark=self.storage.mark(facts), is_caught_up=is_caught_up))

    def _restore(self) -> None:
        content, mark = self.storage.get(SNAPSHOT)
        fresh = self.root / "state.db.fresh"
        fresh.write_bytes(content)
        fresh.chmod(0o600)
        for companion in ("state.db-wal", "state.db-shm"):  # of the one that is gone
            (self.root / companion).unlink(missing_ok=True)
        _write(self.root, Note(mark=mark, is_caught_up=False))
        put_in_place(fresh, self.root / "state.db")

    def _overtaken(self) -> StoreError:
        holder = unquote(self.storage.attribute(SNAPSHOT, HOLDER) or "another machine")
        return StoreError(
            f"{self.storage.url}: {holder} went on with these tables, and {self.root} is of before;"
            " move this folder away: the next run starts from the copy beside the tables"
        )

    def _end(self) -> None:
        self._present.release()
        self.holding.give_back(is_last=_is_alone(self.root))


def _is_alone(root: Path) -> bool:
    """Whether no process of this folder uses its tables; what dead ones left is removed."""
    for file in (root / "locks" / "owners").glob("*.lock"):
        lock = FileLock(file)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        lock.release()
        with suppress(OSError):  # its name is never used again; another process may be faster
            file.unlink()
    return True


def _is_empty(file: Path, note: Note | None) -> bool:
    """Whether there is no state.db, or one that somebody made who only looked."""
    return not file.exists() or (note is None and state_rows(file, FILLED) == [])


def _stamp(root: Path) -> object:
    """Another value when state.db was written to."""
    files = [root / "state.db", root / "state.db-wal"]
    return [(file.stat().st_mtime_ns, file.stat().st_size) for file in files if file.exists()]


def _copied(file: Path) -> bytes:
    """The whole file, with what its companions hold; no other file is made of it.

    Raises: StoreError.
    """
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(":memory:")) as copy:
            source.backup(copy)
            return copy.serialize()
    except sqlite3.Error as error:
        raise StoreError(f"{file}: {error}; free space or check the disk") from error


def _note(root: Path) -> Note | None:
    try:
        return msgspec.json.decode((root / NOTE).read_bytes(), type=Note)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise StoreError(f"{root}: snapshot.json: cannot be read ({error}); remove it") from None


def _write(root: Path, note: Note) -> None:
    write_text(root / NOTE, json_text(note))
