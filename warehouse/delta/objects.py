"""The tables in an object store: a put is durable, and none can be torn."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO

from hve_monitor.errors import HveError
from warehouse.delta.side import FileFacts, Settled, Stamp
from warehouse.objects.reading import ObjectReader
from warehouse.objects.storage import Storage

ENTRY = "{folder}/_delta_log/{number:020}.json"


class Objects:
    """The tables below one URL."""

    is_remote = True

    def __init__(self, storage: Storage, guard: Callable[[], None]) -> None:
        """guard: as of Side."""
        self.storage, self.guard = storage, guard
        self.options: dict[str, str] | None = storage.options

    def uri(self, path: str) -> str:
        """URL of a file or folder."""
        return f"{self.storage.url}/{path}"

    def listing(self, folder: str) -> dict[str, FileFacts]:
        """Every file below a folder, by path."""
        return {facts["path"]: _facts(facts) for facts in self.storage.objects(folder)}

    def folders(self, folder: str) -> list[str]:
        """Names of the folders in a folder, in order."""
        return self.storage.folders(folder)

    def facts(self, path: str) -> FileFacts | None:
        """Of one file, None where there is none."""
        facts = self.storage.head(path)
        return facts and _facts(facts)

    def read(self, path: str) -> IO[bytes]:
        """A file, opened. Raises: OSError."""
        return io.BufferedReader(ObjectReader(self.storage, path))

    def write(self, path: str, content: bytes) -> None:
        """Puts a file in place."""
        self.guard()
        self.storage.put(path, content)

    def remove(self, path: str) -> None:
        """Removes a file, whether it is there or not."""
        self.guard()
        self.storage.remove(path)

    def check_place(self, path: str) -> None:
        """No link leads anywhere."""

    def move(self, path: str, target: str) -> None:
        """Gives a file another path."""
        self.guard()
        self.storage.move(path, target)

    def trouble(self, error: Exception) -> HveError | None:
        """The line for what delta-rs says of the service; None where that is not to blame."""
        return self.storage.trouble(error)

    def prepare(self, folder: str, size: int) -> None:
        """There is room."""

    def has_log(self, folder: str) -> bool:
        """Whether a table was ever written: delta-rs finds out itself."""
        return True

    def newest_entry(self, folder: str) -> int | None:
        """Number of the newest entry of a table's log, None without one."""
        return max(self._entries(folder, -1), default=None)

    def empty_entries(self, folder: str) -> list[str]:
        """None: an object is there as a whole."""
        return []

    def stamp(self, folder: str, version: int) -> Stamp | None:
        """Another value when the table has another newest version, also after it was restored."""
        entries = self._entries(folder, version - 1)
        return (version, entries[version]) if list(entries) == [version] else None

    def mend(self, folder: str) -> bool:
        """Nothing can be torn."""
        return False

    def settle(self, folder: str, after: int) -> Settled:
        """Nothing is to be done: what a commit names was there before it."""
        return Settled(max(self._entries(folder, after), default=None), {})

    def settle_checkpoint(self, folder: str) -> None:
        """Nothing is to be done."""

    def _entries(self, folder: str, after: int) -> dict[int, str]:
        """Mark of every log entry after a version, by number."""
        last = ENTRY.format(folder=folder, number=after) if after >= 0 else None
        listed = self.storage.objects(f"{folder}/_delta_log", last)
        return {
            int(name[:-5]): str(facts["e_tag"])
            for facts in listed
            if (name := facts["path"].rpartition("/")[2]).endswith(".json") and name[:-5].isdigit()
        }


def _facts(facts: dict[str, object]) -> FileFacts:
    return FileFacts(int(facts["size"]), facts["last_modified"].timestamp())  # type: ignore[call-overload, attr-defined] # an object's
