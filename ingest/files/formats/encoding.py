"""Text of an export as UTF-8, whatever Exchange, PowerShell or Excel wrote it in.

Exports of the admin center are UTF-16LE, often without a byte order mark; PowerShell 5 writes
UTF-16LE with one; Excel saves in Windows-1252. UTF-8 passes as it is.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Protocol

from ingest.files.formats.containers import DAMAGE, UnreadableError

CHUNK = 4 << 20
SAMPLE = 4096
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NOTE = re.compile(r"([^\W\d_]{2,})\s?: ")
NOTE_REASON = "is a message of PowerShell, no row; it may say that rows are missing"
CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1a\x1b"))


def _windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return bad.decode("cp1252", "replace"), error.end


codecs.register_error("hve-windows-1252", _windows)


def as_text(data: bytes) -> str:
    """UTF-8 bytes as text; what is not UTF-8 is read as Windows-1252, byte by byte."""
    return data.decode("utf-8", "hve-windows-1252")


def is_note(line: str) -> bool:
    """Whether a warning of PowerShell went where its output goes: `WARNING: There are more …`."""
    word = NOTE.match(line)
    return word is not None and word[1] == word[1].upper()


def detect(sample: bytes) -> tuple[str, int]:
    """Encoding of a text and length of its byte order mark, from its first bytes.

    Raises: UnreadableError when they are no text.
    """
    for mark, name in MARKS:
        if sample.startswith(mark):
            return name, len(mark)
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(len(sample) // 2, 1)
    if odd > half * 0.4 and even < half * 0.1:
        return "utf-16-le", 0
    if even > half * 0.4 and odd < half * 0.1:
        return "utf-16-be", 0
    header = sample.lstrip(b"\r\n").split(b"\n")[0]
    if header != header.translate(None, CONTROL):
        raise UnreadableError("is neither a table, JSON, Parquet nor an archive of those")
    return "utf-8", 0


class ByteSource(Protocol):
    """Anything that gives bytes."""

    def read1(self, size: int, /) -> bytes:
        """Some of the next bytes, none at the end."""


class Text:
    """UTF-8 chunks of one stream. `damage` says, after the last one, why there are no more."""

    def __init__(self, stream: ByteSource) -> None:
        self.damage: str | None = None
        self._stream = stream
        first = self._read(CHUNK)
        self._encoding, skipped = detect(first[:SAMPLE])
        self._first = first[skipped:]
        sample = self._first[:SAMPLE].decode(self._encoding, "replace")
        self.sample = sample.encode("utf-8", "replace")

    @property
    def is_recoded(self) -> bool:
        """Whether the chunks were written here, so that they are UTF-8 without a doubt."""
        return self._encoding != "utf-8"

    def __iter__(self) -> Iterator[bytes]:
        if not self.is_recoded:
            yield from self._raw()
            return
        decoder = codecs.getincrementaldecoder(self._encoding)("replace")
        for chunk in self._raw():
            yield decoder.decode(chunk).encode("utf-8", "replace")
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")

    def _raw(self) -> Iterator[bytes]:
        chunk = self._first
        while chunk:
            yield chunk
            chunk = self._read(CHUNK)

    def _read(self, size: int) -> bytes:
        """The next bytes; before damage, all that came through."""
        pieces: list[bytes] = []
        while size > 0 and not self.damage:
            try:
                piece = self._stream.read1(size)
            except DAMAGE as error:
                self.damage = f"the file is damaged from here on ({type(error).__name__})"
                break
            if not piece:
                break
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)
