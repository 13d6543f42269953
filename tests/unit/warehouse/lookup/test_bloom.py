"""Filters of files: a value that is stored is never missed, others hardly ever fit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake
from xxhash import xxh64_intdigest

from warehouse.connection import quoted
from warehouse.delta.commit import PLAIN, SEARCHABLE
from warehouse.lookup.bloom import files_with

STORED = [f"<{number}-äß€@contoso.com>"[: number % 60 + 3] + str(number) for number in range(3000)]
OTHERS = [f"<{number}@fabrikam.com>" for number in range(3000)]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def written(folder: Path, *, searchable: bool = True) -> str:
    """A file with the texts as message ids."""
    rows = pa.table({"message_id": STORED, "trace_id": STORED, "recipient": STORED})
    properties = SEARCHABLE if searchable else PLAIN
    write_deltalake(folder, rows, writer_properties=properties)
    return str(next(folder.glob("*.parquet")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", 0xEF46DB3751D8E999),
        (b"a", 0xD24EC4F1A98C6E5B),
        (b"abc", 0x44BC2CF5AD770999),
        (b"Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1),
    ],
)
def test_the_hash_is_that_of_the_format(text: bytes, expected: int) -> None:
    assert xxh64_intdigest(text) == expected


def test_every_stored_value_is_found_and_hardly_another(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    file = written(tmp_path / "one")
    for column in ("trace_id", "message_id", "recipient"):
        assert all(files_with(connection, [file], column, [text]) for text in STORED)
    wrong = sum(bool(files_with(connection, [file], "trace_id", [text])) for text in OTHERS)
    assert wrong <= 30


def test_the_engine_reads_the_same_of_the_filter(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    file = written(tmp_path / "one")
    for text in STORED[:60] + OTHERS[:200]:
        excluded = connection.execute(
            "select bool_and(bloom_filter_excludes)"
            f" from parquet_bloom_probe({quoted(file)}, 'recipient', {quoted(text)})"
        ).fetchall()
        assert files_with(connection, [file], "recipient", [text]) == (
            set() if excluded[0][0] else {file}
        )


def test_one_of_several_values_is_enough(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    file, other = written(tmp_path / "one"), written(tmp_path / "two", searchable=False)
    assert files_with(connection, [file], "trace_id", ["nowhere", STORED[7]]) == {file}
    assert files_with(connection, [file], "trace_id", ["nowhere", "neither"]) == set()
    assert files_with(connection, [file, other], "trace_id", ["nowhere"]) == {other}


def test_a_file_without_usable_filters_is_never_left_out(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    groups = str(tmp_path / "groups.parquet")
    pq.write_table(pa.table({"trace_id": STORED}), groups, row_group_size=1000)
    assert files_with(connection, [groups], "trace_id", ["nowhere"]) == {groups}
    assert files_with(connection, [groups], "message_id", ["nowhere"]) == {groups}
    gone = written(tmp_path / "gone")
    assert files_with(connection, [gone], "trace_id", ["nowhere"]) == set()
    Path(gone).unlink()
    assert files_with(connection, [gone], "trace_id", ["nowhere"]) == {gone}
