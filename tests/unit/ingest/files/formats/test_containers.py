"""Archives and compressed files: every member is read, no path is written, no bomb is unpacked."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from hve_monitor.errors import ConfigError
from ingest.files.formats.containers import UnreadableError, members, unpacked
from ingest.files.formats.encoding import Text
from ingest.files.formats.reading import Reader, Rows
from tests.unit.ingest.conftest import NOW
from tests.unit.ingest.files.formats.conftest import Read
from tests.unit.ingest.files.formats.exports import AS_TABLE, EXPORTS


def zipped(files: dict[str, str | bytes]) -> bytes:
    """A .zip archive."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return sink.getvalue()


def zstd(data: bytes) -> bytes:
    return pa.compress(data, "zstd", asbytes=True)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_are_read(read: Read, pack: Callable[[bytes], bytes]) -> None:
    assert len(read(pack(AS_TABLE.encode("utf-16-le")), "a.bin")[0]) == 2


def test_zstd_is_read(read: Read, tmp_path: Path) -> None:
    with pa.CompressedOutputStream(str(tmp_path / "a.zst"), "zstd") as sink:
        sink.write(AS_TABLE.encode())
    assert len(read((tmp_path / "a.zst").read_bytes())[0]) == 2


def test_every_member_of_an_archive_is_read(read: Read) -> None:
    files: dict[str, str | bytes] = {
        "one.csv": AS_TABLE,
        "sub/two.json": EXPORTS["Graph page"].encode("utf-16"),
        "three.csv.gz": gzip.compress(EXPORTS["extended"].encode()),
        "../../outside.csv": AS_TABLE,
        "__MACOSX/._one.csv": b"\0\0",
        "sub/.hidden": b"\0",
    }
    assert len(read(zipped(files), "traces.zip")[0]) == 8


def test_nothing_is_unpacked_to_a_path(read: Read, tmp_path: Path) -> None:
    read(zipped({"../outside.csv": AS_TABLE, "/tmp/absolute.csv": AS_TABLE}), "a.zip")  # noqa: S108
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["a.zip"]
    assert not (tmp_path.parent / "outside.csv").exists()


@pytest.mark.parametrize("cut", [100, 60, 30])
def test_of_a_cut_file_what_came_before_is_kept(read: Read, cut: int) -> None:
    rows = "".join(f"{n},a@x.com,b@x.com,2026-11-20T10:00:00Z\n" for n in range(60_000))
    packed = gzip.compress(
        f"MessageTraceId,SenderAddress,RecipientAddress,Received\n{rows}".encode()
    )
    good, bad = read(packed[: len(packed) * cut // 100], "a.csv.gz")
    assert bool(bad) == (cut < 100)
    assert len(good) > 10_000
    assert [row["line"] for row in good] == list(range(2, len(good) + 2))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (zipped({"a.zip": zipped({"a.csv": AS_TABLE})}), "archive inside an archive"),
        (zipped({"a.parquet": b"PAR1xxxxPAR1"}), "Parquet inside an archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "7z"),
        (b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 20, "neither a table"),
        (b"\0" * 5000, "neither a table"),
        (b"PAR1 damaged", "no Parquet"),
        (b"<?xml version='1.0'?><Objs/>", "XML"),
        (b"\xff\xfe", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"\x1f\x8b\x08\x00", "damaged"),
        (b"just a line of prose\n", "no known export"),
        (b'{"a": 1}', "no known export"),
    ],
)
def test_other_content_is_told_in_one_line(read: Read, content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason) as raised:
        read(content, "a.bin")
    assert "\n" not in str(raised.value)


def test_a_workbook_and_a_damaged_archive_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(zipped({"[Content_Types].xml": "<x/>"}))
    with pytest.raises(ConfigError, match="save the sheet as CSV"):
        list(members(tmp_path / "a.xlsx"))
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ConfigError, match="damaged"):
        list(members(tmp_path / "a.zip"))


def entry_changed(place: int, value: int) -> bytes:
    """An archive of a good and a bad member; the directory says of the bad one what is not so.

    place: of two bytes in its entry (APPNOTE.TXT 4.3.12; 8 flags, 10 method, 16 checksum, 24 size).
    """
    packed = bytearray(zipped({"good.csv": AS_TABLE, "bad.csv": AS_TABLE}))
    entry = packed.rindex(b"PK\x01\x02")
    local = packed.rindex(b"PK\x03\x04")
    packed[entry + place : entry + place + 2] = value.to_bytes(2, "little")
    if place < 12:
        packed[local + place - 2 : local + place] = value.to_bytes(2, "little")
    return bytes(packed)


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [(24, 20, "is damaged"), (24, 1, "is damaged"),
     (16, 7, "damaged"), (20, 20, "damaged"), (42, 9, "is damaged"), (42, 60_000, "is damaged"),
     (10, 99, r"method that is not known \(99\)"),
     (10, 1, r"method that is not known \(1\)"), (10, 8 + 1, "not known"), (8, 1, "is encrypted")],
)  # fmt: skip
def test_a_directory_that_lies_costs_its_member_alone(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, place: int, value: int, reason: str
) -> None:
    file = tmp_path / "a.zip"
    file.write_bytes(entry_changed(place, value))
    reader, reasons, rows = Reader(connection, NOW), list[str](), 0
    for member in members(file):
        try:
            for part in reader.read(member):
                assert isinstance(part, Rows)
                rows += part.table.num_rows
                reasons += [text for _, text in part.broken]
        except UnreadableError as error:
            reasons.append(str(error))
    assert rows in (2, 4)
    assert [text for text in reasons if re.search(reason, text)] != []


def test_a_bomb_is_read_in_pieces() -> None:
    packed = gzip.compress(gzip.compress(b"x" * (64 << 20)))
    with unpacked(io.BytesIO(gzip.decompress(packed))) as stream:
        sizes = [len(chunk) for chunk in Text(stream)]
    assert sum(sizes) == 64 << 20
    assert max(sizes) <= 4 << 20
