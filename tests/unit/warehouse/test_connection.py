"""Connections: UTC, typed without files, and safe with any path."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from tests.places import ROOMS, ROOT
from warehouse.connection import (
    Instance,
    arrow,
    compute,
    connect,
    duckdb_type,
    files_sql,
    in_memory,
)
from warehouse.tables import HVE_INCIDENTS, MESSAGE_TRACES, TABLES, Table


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_without_files_is_empty_and_typed_as_with_files(table: Table) -> None:
    with compute(Path("spill")) as connection:
        rows = arrow(connection, files_sql(table, []))
    assert rows.num_rows == 0
    assert rows.schema.names == table.schema.names
    assert rows.schema.types == table.schema.types


def test_a_connection_speaks_utc_and_keeps_its_limits(tmp_path: Path) -> None:
    with compute(tmp_path, "100MB", 1) as connection:
        sql = "select current_setting('TimeZone'), current_setting('threads')"
        assert connection.execute(sql).fetchall() == [("UTC", 1)]
        limit = connection.execute("select current_setting('memory_limit')").fetchall()[0][0]
        assert limit == "95.3 MiB"


def test_nothing_is_drawn_on_stdout_where_python_runs_no_file(tmp_path: Path) -> None:
    code = (
        "import duckdb\n"
        "from pathlib import Path\n"
        "from warehouse.connection import Instance, in_memory\n"
        "with Instance(in_memory(Path('spill'))).workspace() as connection:\n"
        "    drawn = \"select current_setting('enable_progress_bar')\"\n"
        "    print(connection.execute(drawn).fetchall(), duckdb.execute(drawn).fetchall())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, check=True, cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout == b"[(False,)] [(True,)]\n"


def test_every_connection_is_made_here() -> None:
    files = [file for room in ROOMS for file in (ROOT / room).rglob("*.py")]
    found = {file.name for file in files if "duckdb.connect(" in file.read_text(encoding="utf-8")}
    assert found == {"connection.py"}


CLOSED = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "enable_external_access": "false",
    "lock_configuration": "true",
}
SETTINGS = f"select name, value from duckdb_settings() where name in {tuple(CLOSED)}"


def test_no_connection_fetches_an_extension_and_no_statement_changes_that(
    tmp_path: Path, instance: Instance
) -> None:
    with closing(connect()) as plain, compute(tmp_path) as own, instance.workspace() as work:
        for connection in (plain, own, work, plain.cursor()):
            assert dict(connection.execute(SETTINGS).fetchall()) == CLOSED
            for name, value in CLOSED.items():
                with pytest.raises(duckdb.InvalidInputException, match="locked"):
                    connection.execute(f"set {name} = {value == 'false'}")
            for statement in ("install httpfs", "load httpfs", "from 'https://contoso.com/a.csv'"):
                with pytest.raises(duckdb.Error):
                    connection.execute(statement)


def test_a_connection_reaches_its_own_folders_alone(tmp_path: Path) -> None:
    store, elsewhere = tmp_path / "store", tmp_path / "storehouse"
    for folder in (store, elsewhere):
        folder.mkdir()
        (folder / "a.csv").write_text("n\n1\n")
    (store / "link.csv").symlink_to(elsewhere / "a.csv")
    with compute(store / "spill") as connection:
        assert connection.execute(f"from '{store}/a.csv'").fetchall() == [(1,)]
        for file in (elsewhere / "a.csv", store / "../storehouse/a.csv", store / "link.csv"):
            with pytest.raises(duckdb.PermissionException):
                connection.execute(f"from read_csv('{file}')")
        for statement in (f"copy (select 1) to '{tmp_path}/out.csv'", f"attach '{tmp_path}/a.db'"):
            with pytest.raises(duckdb.PermissionException):
                connection.execute(statement)


def test_tables_may_lie_on_another_disk(tmp_path: Path) -> None:
    store, disk = tmp_path / "store", tmp_path / "disk"
    store.mkdir()
    disk.mkdir()
    (disk / "a.csv").write_text("n\n1\n")
    (store / "facts").symlink_to(disk)
    with compute(store / "spill") as connection:
        assert connection.execute(f"from '{store}/facts/a.csv'").fetchall() == [(1,)]


def test_a_connection_is_closed_after_its_block(tmp_path: Path) -> None:
    with compute(tmp_path) as connection:
        pass
    with pytest.raises(duckdb.ConnectionException):
        connection.execute("select 1")


def test_a_quote_in_the_spill_folder_does_no_harm(tmp_path: Path) -> None:
    with compute(tmp_path / "o'brien") as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]


def test_nested_types_have_duckdb_names() -> None:
    assert duckdb_type(MESSAGE_TRACES.schema.field("received_at").type) == "timestamptz"
    assert duckdb_type(HVE_INCIDENTS.schema.field("extra_cost").type) == "decimal(28, 9)"
    assert duckdb_type(HVE_INCIDENTS.schema.field("signals").type) == (
        "struct(name varchar, score double, state varchar, reason varchar)[]"
    )


def test_a_type_that_no_table_uses_is_an_error() -> None:
    with pytest.raises(KeyError):
        duckdb_type(pa.binary())


def test_a_table_that_spills_can_be_read_back_but_not_by_others(tmp_path: Path) -> None:
    canary = b"canary-recipient"
    with compute(tmp_path / "spill", "40MB", 1) as connection:
        connection.execute(
            "create table kept as select 'canary-recipient' || md5(i::varchar) as name"
            " from range(2_000_000) t(i)"
        )
        files = [file for file in (tmp_path / "spill").rglob("*") if file.is_file()]
        assert files, "it did not fit"
        assert not [file for file in files if canary in file.read_bytes()]
        count = connection.execute("select count(*) from kept where name like 'canary%'")
        assert count.fetchall() == [(2_000_000,)]


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    held = Instance(in_memory(tmp_path, "200MB", 2))
    yield held
    held.close()


def databases(instance: Instance) -> list[str]:
    """Catalogs but for the one that asks."""
    with instance.workspace() as connection:
        rows = connection.execute(
            "select database_name from duckdb_databases()"
            " where not internal and database_name <> current_catalog()"
        ).fetchall()
    return [name for (name,) in rows]


def test_workspaces_of_one_instance_do_not_see_each_other(instance: Instance) -> None:
    with instance.workspace() as one, instance.workspace() as other:
        for connection, number in ((one, 1), (other, 2)):
            connection.execute(f"create schema marts; create table marts.kept as select {number} n")
        assert one.execute("from marts.kept").fetchall() == [(1,)]
        assert other.execute("from marts.kept").fetchall() == [(2,)]
        zone = other.execute("select current_setting('TimeZone')").fetchall()
        assert zone == [("UTC",)]
    with pytest.raises(duckdb.ConnectionException):
        one.execute("select 1")
    assert databases(instance) == ["memory"], "what they held is gone"


def test_a_mistake_inside_a_workspace_leaves_the_instance_usable(instance: Instance) -> None:
    with instance.workspace() as connection:
        connection.execute("begin; create table half as select 1")
        with pytest.raises(duckdb.CatalogException):
            connection.execute("from nowhere")
    with instance.workspace() as connection:
        assert connection.execute("show tables").fetchall() == []
    assert databases(instance) == ["memory"]


def test_threads_have_workspaces_side_by_side(instance: Instance) -> None:
    def summed(number: int) -> int:
        with instance.workspace() as connection:
            connection.execute(f"create table rows as select {number} n from range(50_000)")
            found = connection.execute("select sum(n) from rows").fetchall()
        return int(found[0][0])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(summed, range(200))) == [50_000 * number for number in range(200)]
    assert databases(instance) == ["memory"]
