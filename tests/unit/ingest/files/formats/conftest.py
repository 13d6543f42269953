"""Files of every export, small enough to read, and what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.files.formats.containers import members
from ingest.files.formats.reading import Reader, Rows
from tests.unit.ingest.conftest import NOW
from warehouse.connection import compute

Found = tuple[list[dict[str, Any]], list[tuple[int | None, str]]]
Read = Callable[..., Found]


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """One connection for many readers."""
    with compute(tmp_path_factory.mktemp("spill"), "500MB", 1) as opened:
        yield opened


@pytest.fixture
def read(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> Read:
    """Writes a file and reads it: good rows in their order, and (line, reason) of the others."""

    def load(content: str | bytes, name: str = "export.csv", asked: str = "auto") -> Found:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        reader = Reader(connection, NOW, asked)
        return collected(reader, file)

    return load


def collected(reader: Reader, file: Path) -> Found:
    """Everything that a file's members hold."""
    good: list[dict[str, Any]] = []
    bad: list[tuple[int | None, str]] = []
    for member in members(file):
        for rows in reader.read(member):
            assert isinstance(rows, Rows)
            bad += rows.broken
            for row in rows.table.to_pylist():
                if row.pop("reason") is None:
                    good.append(row)
                else:
                    bad.append((row["line"], "a reason"))
    return good, bad


def statuses(found: Found) -> dict[str, str | None]:
    """Status of each recipient."""
    return {row["recipient"]: row["status"] for row in found[0]}
