"""Rows with their types: by columns and by typed.sql they are the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from ingest.files.formats.reading import Reader
from ingest.files.formats.typed import parts, typed
from warehouse.connection import compute

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 22, 0, 0, 123456, UTC)
TEXTS = {
    "trace_id": "00000000-0000-4000-8000-000000000001",
    "sender": "hr@contoso.com",
    "recipient": "reader@fabrikam.com",
    "received": "2026-11-23T22:00:00.1234567Z",
    "size": "2048",
    "status": "Delivered",
} | dict.fromkeys(("message_id", "subject", "from_ip", "to_ip"))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with compute(tmp_path / "spill") as connection:
        Reader(connection, NOW)
        yield connection


def table(*changes: dict[str, str]) -> pa.Table:
    rows = [TEXTS | change for change in changes]
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in TEXTS}
    return pa.table(columns | {"line": pa.array(range(2, len(rows) + 2), pa.int64())})


def test_odd_rows_keep_their_place_among_the_usual_ones(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = table(
        {},
        {"received": "2026-11-23 10:00:00 PM"},
        {"size": "2,048"},
        {"sender": "hr@..."},
        {"received": "2026-11-23T22:00:00Z", "size": ""},
        {"received": "2031-01-01T00:00:00Z"},
        {"received": "soon"},
    )
    got = typed(connection, rows, NOW).to_pylist()
    whole = NIGHT.replace(microsecond=0)
    assert [row["line"] for row in got] == [2, 3, 4, 5, 6, 7, 8]
    assert [row["received_at"] for row in got] == [NIGHT, whole, NIGHT, NIGHT, whole, None, None]
    assert [row["size_bytes"] for row in got] == [2048, 2048, 2048, 2048, None, 2048, 2048]
    assert [row["reason"] for row in got] == [
        *(None, None, None),
        "an address is cut (…); export to a file without formatting",
        None,
        "received_at is 2031-01-01 00:00:00, which is after now",
        "received_at is no time: aaaa",
    ]


@pytest.mark.parametrize(
    ("received", "size"),
    [
        ("2026-11-23T22:00:00.123456Z", "2048"),
        ("2026-11-23 22:00:00.1234567", "02048"),
        ("2026-11-23T22:00:00.12345678901Z", "2048.0"),
        ("2026-11-24T00:00:00.1234567+02:00", "2048"),
    ],
)
def test_every_way_of_writing_gives_the_same_values(
    connection: duckdb.DuckDBPyConnection, received: str, size: str
) -> None:
    (row,) = typed(connection, table({"received": received, "size": size}), NOW).to_pylist()
    assert (row["received_at"], row["size_bytes"], row["reason"]) == (NIGHT, 2048, None)


@pytest.mark.parametrize("size", ["-5", "12345678901234567890", "many"])
def test_what_is_no_count_of_bytes_is_unknown(
    connection: duckdb.DuckDBPyConnection, size: str
) -> None:
    first, second = typed(connection, table({"size": size}, {}), NOW).to_pylist()
    assert (first["size_bytes"], first["reason"], second["size_bytes"]) == (None, None, 2048)


def test_the_parts_of_a_cell_have_what_is_common_to_them() -> None:
    cells = ("a@x.com##Receive, Deliver;b@x.com ##Fail##no; ;", "c", "")
    got = parts(table(*({"status": cell} for cell in cells))).to_pylist()
    assert [(row["line"], row["recipient"], row["status"]) for row in got] == [
        (2, "a@x.com", "Receive, Deliver"),
        (2, "b@x.com", "Fail"),
        (3, "c", ""),
        (4, "", ""),
    ]
    assert {row["sender"] for row in got} == {"hr@contoso.com"}
