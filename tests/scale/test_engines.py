"""Both engines say the same: every mart, row for row, of everything that a model looks at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from models.build import DAILY_MARTS
from models.engine import sql as runner
from tests.scale.conftest import Pair
from tests.scale.traffic import ROWS
from warehouse.connection import compute, files_sql
from warehouse.store import open_store
from warehouse.tables import (
    FIRST_CONTACTS,
    FIRST_SOURCES,
    FIRST_SUBJECTS,
    HVE_BASELINE_HOURLY,
    HVE_INCIDENTS,
    HVE_SIGNALS,
    HVE_USAGE_CORRECTIONS,
    MESSAGE_TRACES,
    Table,
)

pytestmark = [
    pytest.mark.scale,
    # pyspark leaves the socket open that its rows came through.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
OF_SQL = (FIRST_CONTACTS, FIRST_SOURCES, FIRST_SUBJECTS, *DAILY_MARTS, HVE_USAGE_CORRECTIONS)
OF_PYTHON = (HVE_BASELINE_HOURLY, HVE_SIGNALS, HVE_INCIDENTS)


@contextmanager
def both(pair: Pair, table: Table) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the table of each store as ours and theirs."""
    with compute(pair.duckdb.parent / "spill") as connection:  # both stores lie beside it
        for name, folder in (("ours", pair.duckdb), ("theirs", pair.spark)):
            with open_store(folder) as store:
                files = files_sql(table, store.delta.files(table))
            connection.execute(f"create table {name} as {files}")
        yield connection


def count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(f"select count(*) from ({sql})").fetchall()[0][0])


def test_every_mart_of_sql_is_compared() -> None:
    marts = {each.name.removeprefix("marts.") for each in runner.models() if each.is_mart}
    assert marts <= {table.name for table in OF_SQL}


def test_the_facts_are_many_and_of_every_kind(pair: Pair) -> None:
    with both(pair, MESSAGE_TRACES) as connection:
        assert count(connection, "from ours") >= ROWS
        assert count(connection, "from ours where is_revision") > 1000
        assert count(connection, "from ours where status is null") > 1000
        assert count(connection, "from ours except all from theirs") == 0


@pytest.mark.parametrize("table", OF_SQL, ids=lambda table: table.name)
def test_a_mart_of_sql_is_equal_to_the_last_digit(pair: Pair, table: Table) -> None:
    # A batch is a number in the order of writing; Spark takes more days at once.
    columns = ", ".join(name for name in table.schema.names if name != "batch")
    ours, theirs = (f"select {columns} from {name}" for name in ("ours", "theirs"))
    with both(pair, table) as connection:
        rows = count(connection, "from ours")
        different = connection.execute(
            f"({ours} except all {theirs}) union all ({theirs} except all {ours})"
            " order by all limit 5"
        ).fetchall()
        assert different == []
        assert rows == count(connection, "from theirs") > 0


@pytest.mark.parametrize("table", OF_PYTHON, ids=lambda table: table.name)
def test_what_python_makes_of_the_marts_is_equal(pair: Pair, table: Table) -> None:
    floats = [each.name for each in table.schema if str(each.type) == "double"]
    alike = " and ".join(
        f"(o.{name} is not distinct from t.{name} or abs(o.{name} - t.{name})"
        f" <= 1e-9 * greatest(1, abs(o.{name})))"
        for name in floats
    )
    keys = " and ".join(f"t.{name} = o.{name}" for name in table.key)
    exact = [name for name in table.schema.names if name not in floats]
    same = " and ".join(f"t.{name} is not distinct from o.{name}" for name in exact)
    with both(pair, table) as connection:
        pairs = f"from ours as o inner join theirs as t on {keys}"
        rows = count(connection, "from ours")
        assert rows == count(connection, "from theirs") == count(connection, f"select 1 {pairs}")
        assert count(connection, f"select 1 {pairs} where not ({same} and {alike})") == 0
    assert rows > 0 or table is not HVE_BASELINE_HOURLY


def test_the_second_build_corrected_days_that_were_over(pair: Pair) -> None:
    with both(pair, HVE_USAGE_CORRECTIONS) as connection:
        assert count(connection, "from theirs where billable_before <> billable_after") > 10


def test_spark_wrote_nothing_beside_the_store(pair: Pair) -> None:
    assert {each.name for each in pair.spark.parent.iterdir()} == {
        pair.duckdb.name,
        pair.spark.name,
    }
    assert not Path("spark-warehouse").exists()
