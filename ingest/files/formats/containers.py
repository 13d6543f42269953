"""The files inside what was handed over: a file itself, a compressed one, the members of a .zip.

Everything is read as a stream and nothing is unpacked to a path, so a member's name can do no harm
and neither memory nor disk grow with what an archive unpacks to.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import pyarrow as pa

from hve_monitor.errors import ConfigError
from hve_monitor.text import printable

Stream = IO[bytes]
DAMAGE = (EOFError, zlib.error, zipfile.BadZipFile, lzma.LZMAError, OSError, NotImplementedError)
ENCRYPTED = 1  # the bit of a .zip entry
OTHER_FILES = (
    (b"\xd0\xcf\x11\xe0", "is an old Excel or Office file; save it as CSV"),
    (b"7z\xbc\xaf", "is a 7z archive; unpack it, or pack it as .zip"),
    (b"Rar!", "is a RAR archive; unpack it, or pack it as .zip"),
    (b"%PDF", "is a PDF; export the report as CSV"),
)


class UnreadableError(Exception):
    """Why a file or member holds nothing that can be read, and what to do."""


@dataclass(frozen=True)
class Member:
    """One file to read; `name` tells the archive and the member."""

    name: str
    open: Callable[[], AbstractContextManager[Stream]]
    archived: bool = False


def members(file: Path) -> Iterator[Member]:
    """What a file holds. Raises: ConfigError when it cannot be opened."""
    try:
        with file.open("rb") as stream:
            is_zip = stream.read(4) == b"PK\x03\x04"
        if is_zip:
            yield from _zipped(file)
        else:
            yield Member(str(file), lambda: file.open("rb"))
    except zipfile.BadZipFile:
        raise ConfigError(f"{file}: the .zip archive is damaged; make or copy it again") from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be opened ({error.strerror})") from None


def _zipped(file: Path) -> Iterator[Member]:
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        if "[Content_Types].xml" in names:
            raise ConfigError(f"{file}: is an Excel or Office file; save the sheet as CSV")
        for entry in archive.infolist():
            name = PurePosixPath(entry.filename)
            hidden = name.parts[:1] == ("__MACOSX",) or name.name.startswith(".")
            if not entry.is_dir() and not hidden:
                shown = printable(entry.filename, "")
                yield Member(f"{file}/{shown}", _opener(archive, entry), archived=True)


def _opener(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo
) -> Callable[[], AbstractContextManager[Stream]]:
    def opened() -> AbstractContextManager[Stream]:
        try:
            return archive.open(entry)
        except (RuntimeError, NotImplementedError):
            if entry.flag_bits & ENCRYPTED:
                raise UnreadableError("is encrypted; unpack it with its password") from None
            how = f"is packed by a method that is not known ({entry.compress_type})"
            raise UnreadableError(f"{how}; pack it again as .zip") from None
        except (*DAMAGE, ValueError, struct.error) as error:
            raise UnreadableError(f"is damaged ({error})") from None

    return opened


def unpacked(stream: Stream) -> AbstractContextManager[Stream]:
    """The stream, decompressed when its first bytes say that it is compressed.

    Raises: UnreadableError when they tell of a kind of file that holds no traces.
    """
    start = peek(stream)
    for magic, text in OTHER_FILES:
        if start.startswith(magic):
            raise UnreadableError(text)
    if start.startswith(b"\x1f\x8b"):
        return cast("AbstractContextManager[Stream]", gzip.GzipFile(fileobj=stream))
    if start.startswith(b"BZh"):
        return bz2.BZ2File(stream)
    if start.startswith(b"\xfd7zXZ"):
        return lzma.LZMAFile(stream)
    if start.startswith(b"\x28\xb5\x2f\xfd"):
        return cast("AbstractContextManager[Stream]", pa.CompressedInputStream(stream, "zstd"))
    if start.startswith(b"PK\x03\x04"):
        raise UnreadableError("is an archive inside an archive; unpack the outer one")
    return nullcontext(stream)


def peek(stream: Any) -> bytes:
    """The first bytes of a stream, which stay to be read. Raises: UnreadableError for damage."""
    try:
        start = cast("bytes", stream.read(8))
        stream.seek(0)
    except DAMAGE as error:
        raise UnreadableError(f"is damaged ({error})") from None
    return start
