"""Files in an object store, for DuckDB and others that read a file here and there.

A data file never changes. Its end, where Parquet keeps what the file holds, is read at once and
kept for a while: most files are no longer than that.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from datetime import datetime
from functools import lru_cache
from typing import Any

from fsspec import AbstractFileSystem

from warehouse.objects.storage import Storage

TAIL_BYTES = 1 << 19
KEPT_BYTES = 128 << 20


class _End:
    """Size, time and last bytes of a file."""

    def __init__(self, storage: Storage, path: str) -> None:
        facts, self.content = storage.tail(path, TAIL_BYTES)
        self.size, self.modified = int(facts["size"]), facts["last_modified"]

    @property
    def start(self) -> int:
        """Where the content begins in the file."""
        return self.size - len(self.content)


class ObjectReader(io.RawIOBase):
    """A file, read by ranges."""

    def __init__(self, storage: Storage, path: str, end: _End | None = None) -> None:
        self._storage, self._path, self._place = storage, path, 0
        self._end = end or _End(storage, path)
        self.size = self._end.size

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves to a place; returns it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.size}[whence]
        self._place = base + offset
        return self._place

    def read(self, size: int = -1) -> bytes:
        """Bytes from here on; fewer at the end alone."""
        left = max(self.size - self._place, 0)
        size = left if size < 0 else min(size, left)
        content = self._range(self._place, size) if size else b""
        self._place += len(content)
        return content

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer; returns how many bytes came."""
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def _range(self, start: int, size: int) -> bytes:
        if start >= self._end.start:
            begin = start - self._end.start
            return self._end.content[begin : begin + size]
        return self._storage.part(self._path, start, size)


class TableFiles(AbstractFileSystem):  # type: ignore[misc] # ships no types
    """The files of one place, as DuckDB asks for them by URL."""

    cachable = False

    def __init__(self, storage: Storage) -> None:
        super().__init__()
        self._storage = storage
        self._scheme, _, self._below = storage.url.partition("://")
        self.protocol = (self._scheme,)
        self._ends, self._kept = OrderedDict[str, _End](), 0
        self._turn = threading.Lock()

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Name, size and type of a file. Raises: FileNotFoundError."""
        return {"name": path, "size": self._end(path).size, "type": "file"}

    def glob(self, path: str, **_: Any) -> list[str]:
        """The file itself, where it is there: its name is no pattern."""
        try:
            self._end(path)
        except FileNotFoundError:
            return []
        return [path]

    def modified(self, path: str) -> datetime:
        """When a file was written."""
        modified: datetime = self._end(path).modified
        return modified

    def _open(self, path: str, *_: Any, **__: Any) -> ObjectReader:
        return ObjectReader(self._storage, self._path(path), self._end(path))

    def _path(self, url: str) -> str:
        return url.removeprefix(f"{self._scheme}://").removeprefix(self._below).lstrip("/")

    def _end(self, url: str) -> _End:
        path = self._path(url)
        with self._turn:
            if path in self._ends:
                self._ends.move_to_end(path)
                return self._ends[path]
        end = _End(self._storage, path)
        with self._turn:
            if path not in self._ends:
                self._ends[path] = end
                self._kept += len(end.content)
            while self._kept > KEPT_BYTES:
                self._kept -= len(self._ends.popitem(last=False)[1].content)
        return end


@lru_cache(maxsize=8)
def table_files(storage: Storage) -> TableFiles:
    """One for a process: what it keeps of files serves every connection."""
    return TableFiles(storage)
