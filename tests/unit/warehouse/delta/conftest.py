"""A folder of Delta tables, and what is in it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.connection import files_sql
from warehouse.delta.commit import DeltaFolder
from warehouse.delta.disk import Disk
from warehouse.objects.reading import table_files
from warehouse.tables import FIRST_CONTACTS, Table


@pytest.fixture
def folder(tmp_path: Path) -> DeltaFolder:
    return DeltaFolder(Disk(tmp_path))


def rows_of(folder: DeltaFolder, table: Table, files: list[str]) -> list[tuple[Any, ...]]:
    """Rows of the files, wherever they are."""
    with closing(duckdb.connect()) as connection:
        if folder.side.options is not None:
            connection.register_filesystem(table_files(folder.side.storage))
        return connection.execute(files_sql(table, files)).fetchall()


def recipients(folder: DeltaFolder, tenant: str | None = None) -> list[str]:
    files = folder.files(FIRST_CONTACTS, tenant)
    return sorted(row[2] for row in rows_of(folder, FIRST_CONTACTS, files))


def newest_entry(folder: DeltaFolder) -> Path:
    return max((Path(folder.uri(FIRST_CONTACTS)) / "_delta_log").glob("*.json"))
