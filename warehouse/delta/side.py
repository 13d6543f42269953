"""Where the Delta tables are kept, and what that place asks of whoever writes there.

Every path is a text below the root of the tables, with `/` between its steps.
"""

from __future__ import annotations

import hashlib
from typing import IO, NamedTuple, Protocol

from hve_monitor.errors import HveError

Stamp = tuple[int | float | str, ...]


class FileFacts(NamedTuple):
    """Size in bytes, and when the file was last written: epoch seconds."""

    size: int
    modified: float


class Settled(NamedTuple):
    """Commits that no crash takes back: number of the newest, None without any, and the SHA-256 of
    their data files by path, where the place does not keep sums of its own.
    """

    version: int | None
    sums: dict[str, str]


class Side(Protocol):
    """A place of tables: a folder of this machine, or of an object store."""

    options: dict[str, str] | None  # of delta-rs
    is_remote: bool  # looking at it costs requests, and it notices bytes that changed itself

    def uri(self, path: str) -> str:
        """What delta-rs and DuckDB call a file or folder."""

    def listing(self, folder: str) -> dict[str, FileFacts]:
        """Every file below a folder, by path."""

    def folders(self, folder: str) -> list[str]:
        """Names of the folders in a folder, in order."""

    def facts(self, path: str) -> FileFacts | None:
        """Of one file, None where there is none."""

    def read(self, path: str) -> IO[bytes]:
        """A file, opened. Raises: OSError."""

    def write(self, path: str, content: bytes) -> None:
        """Puts a file in place."""

    def remove(self, path: str) -> None:
        """Removes a file, whether it is there or not."""

    def check_place(self, path: str) -> None:
        """Raises: StoreError where a link leads out of the tables."""

    def move(self, path: str, target: str) -> None:
        """Gives a file another path."""

    def guard(self) -> None:
        """Before a write. Raises: LockedError where the tables belong to another machine by now."""

    def trouble(self, error: Exception) -> HveError | None:
        """The line for what delta-rs says of the place; None where that is not to blame."""

    def prepare(self, folder: str, size: int) -> None:
        """Makes room for so many bytes of a table. Raises: StoreError."""

    def has_log(self, folder: str) -> bool:
        """Whether a table was ever written."""

    def newest_entry(self, folder: str) -> int | None:
        """Number of the newest entry of a table's log, None without one."""

    def empty_entries(self, folder: str) -> list[str]:
        """Entries of a table's log without a byte, which delta-rs reads as nothing."""

    def stamp(self, folder: str, version: int) -> Stamp | None:
        """Another value when the table has another newest version, also after it was restored."""

    def mend(self, folder: str) -> bool:
        """Sets aside what a crash left half written of a table's log; whether it did."""

    def settle(self, folder: str, after: int) -> Settled:
        """Makes durable what was committed after a version."""

    def settle_checkpoint(self, folder: str) -> None:
        """Makes the newest checkpoint durable, before what it stands for is removed."""


def sha256(side: Side, path: str) -> str:
    """SHA-256 of a file's bytes as hexadecimal text. Raises: OSError."""
    with side.read(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type] # any stream of bytes does
