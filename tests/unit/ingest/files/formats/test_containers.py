"""Archives and compressed files: every member is read, no path is written, no bomb is unpacked."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from hve_monitor.errors import ConfigError
from ingest.files.formats.containers import UnreadableError, members, unpacked
from ingest.files.formats.encoding import Text
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
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["a.zip"]
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


def test_a_bomb_is_read_in_pieces() -> None:
    packed = gzip.compress(gzip.compress(b"x" * (64 << 20)))
    with unpacked(io.BytesIO(gzip.decompress(packed))) as stream:
        sizes = [len(chunk) for chunk in Text(stream)]
    assert sum(sizes) == 64 << 20
    assert max(sizes) <= 4 << 20
