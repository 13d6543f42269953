"""Tables, one file, showback and the schedule."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import duckdb
import pytest

from hve_monitor.config import Config, ScheduledExport
from hve_monitor.document import encoded
from hve_monitor.errors import ConfigError, StoreError
from models.cost.spend import spend
from publish.exports.exports import Export, export, scheduled
from publish.exports.one_file import write_duckdb
from publish.exports.tables import write_tables
from tests.unit.formulas import FORMULAS, cells, running
from tests.unit.models.conftest import NOW


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_every_mart_becomes_a_csv(config: Config, tmp_path: Path) -> None:
    done = export(config, NOW, "csv", Export(tmp_path))
    names = {Path(file).name for file in done.files}
    assert {"marts.hve_usage_daily.csv", "marts.hve_cost_daily.csv"} <= names
    assert done.rows == sum(len(rows_of(Path(file))) for file in done.files)


def test_hostile_texts_of_a_table_are_texts(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "traces.csv"
    export(config, NOW, "csv", Export(file, tables=("raw.message_traces",)))
    (row,) = [row for row in rows_of(file) if row["trace_id"] == "m"]
    assert (row["recipient"], row["subject"]) == ("'=cmd@contoso.com", "'=1+1")
    assert row["received_at"] == "2026-11-02T09:00:00Z"


def test_no_cell_of_a_table_runs(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as hve; create schema hve.marts")
        connection.execute("create table hve.marts.texts (text varchar)")
        connection.executemany("insert into hve.marts.texts values (?)", [[x] for x in FORMULAS])
        (file,), _ = write_tables(connection, tmp_path, [])
    assert sorted(cells(file.read_bytes())) == sorted(f"'{text}" for text in FORMULAS)


def test_a_table_that_is_not_there_is_refused_with_the_nearest(
    config: Config, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"did you mean marts\.hve_usage_daily"):
        export(config, NOW, "csv", Export(tmp_path, tables=("hve_usage_dayly",)))
    with pytest.raises(ConfigError, match="one table"):
        export(config, NOW, "csv", Export(tmp_path / "x.csv"))


def test_one_duckdb_file_needs_no_other(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "sub" / "all.duckdb"
    export(config, NOW, "duckdb", Export(file))
    with duckdb.connect(str(file), read_only=True) as connection:
        kinds = connection.execute(
            "select distinct table_type from information_schema.tables"
            " where table_schema in ('raw', 'marts')"
        ).fetchall()
        counted = connection.execute("select count(*) from raw.message_traces").fetchall()
        uncommented = connection.execute(
            "select table_name, column_name from duckdb_columns()"
            " where not internal and comment is null"
        ).fetchall()
    assert uncommented == []
    assert kinds == [("BASE TABLE",)]
    with duckdb.connect(str(config.warehouse.path / "hve.duckdb"), read_only=True) as published:
        assert published.execute("select count(*) from raw.message_traces").fetchall() == counted
    with pytest.raises(ConfigError, match=r"\.duckdb"):
        export(config, NOW, "duckdb", Export(tmp_path))


def test_a_copied_store_is_exported_from_its_own_files(config: Config, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(config.warehouse.path, copy)
    file = write_duckdb(copy, tmp_path / "one.duckdb")
    with duckdb.connect(str(file), read_only=True) as connection:
        (count,) = connection.execute("select count(*) from raw.message_traces").fetchall()[0]
    assert count > 0


def test_one_duckdb_file_that_does_not_fit_is_one_line_and_leaves_nothing(
    config: Config, tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource", reason="limits the size of files")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(StoreError, match=r"all\.duckdb.*free space or check the disk$"):
            export(config, NOW, "duckdb", Export(tmp_path / "all.duckdb"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.iterdir())


def test_showback_is_a_csv_and_a_page_for_each_payer(config: Config, tmp_path: Path) -> None:
    done = export(config, NOW, "showback", Export(tmp_path))
    table, *pages = map(Path, done.files)
    rows = rows_of(table)
    assert [row["cost_center"] for row in rows] == ["'" + '=HYPERLINK("x")', "(unallocated)"]
    report = encoded(spend(config, NOW))
    assert [row["estimated_cost"] for row in rows] == [
        row["cost"] for row in report["by_cost_center"]
    ]
    assert [row["invoiced"] for row in rows] == [
        line["booked"] for line in report["invoice"]["by_cost_center"][:2]
    ]
    html = pages[0].read_text(encoding="utf-8")
    assert len(pages) == 2
    assert "=HYPERLINK(&quot;x&quot;)" in html
    assert "owner Ada" in html
    assert report["by_account"][0]["month_to_date"] in html
    assert "http" not in html.replace("<!doctype html>", "")


def test_no_cell_of_a_showback_runs(config: Config, tmp_path: Path) -> None:
    (center,) = config.cost_centers
    hostile = center.model_copy(update={"name": "\u3000＝1+1", "owner": "\r=1+1"})
    done = export(config.model_copy(update={"cost_centers": (hostile,)}), NOW, "showback",
                  Export(tmp_path))  # fmt: skip
    document = Path(done.files[0]).read_bytes()
    assert {"'\u3000＝1+1", "'\r'=1+1"} <= set(cells(document))
    assert running(document) == []


def test_the_schedule_writes_into_its_folder(config: Config, tmp_path: Path) -> None:
    schedule = ScheduledExport(folder=tmp_path, formats=("focus", "showback"))
    scheduled(config.model_copy(update={"export": schedule}), NOW)
    assert {file.name for file in (tmp_path / "focus").iterdir()} == {
        f"hve-focus-{kind}-2026-11.{suffix}"
        for kind in ("estimated", "invoiced")
        for suffix in ("csv", "parquet")
    }
    assert (tmp_path / "showback" / "hve-showback-2026-11.csv").exists()
    assert scheduled(config, NOW) == []


def test_a_format_that_does_not_exist_is_refused(config: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="use one of focus"):
        export(config, NOW, "pdf", Export(tmp_path))
