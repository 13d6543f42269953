"""A folder of Delta tables, and what is in it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from warehouse.connection import files_sql
from warehouse.delta.commit import DeltaFolder
from warehouse.delta.disk import Disk
from warehouse.tables import FIRST_CONTACTS


@pytest.fixture
def folder(tmp_path: Path) -> DeltaFolder:
    return DeltaFolder(Disk(tmp_path))


def recipients(folder: DeltaFolder, tenant: str | None = None) -> list[str]:
    files = folder.files(FIRST_CONTACTS, tenant)
    return sorted(row[2] for row in duckdb.sql(files_sql(FIRST_CONTACTS, files)).fetchall())


def newest_entry(folder: DeltaFolder) -> Path:
    return max((Path(folder.uri(FIRST_CONTACTS)) / "_delta_log").glob("*.json"))
