"""Every table and column of a published file is described, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from models.build import offer_models
from tests.table_page import PAGE, Column, published_columns, render
from tests.unit.warehouse.conftest import NOW, land_rows
from warehouse.dictionary import EVERY_TABLE, grains, key_of, words
from warehouse.publication import publish
from warehouse.reading import published_connection
from warehouse.store import Store

NUMBERS_AND_TIMES = ("BIGINT", "INTEGER", "DOUBLE", "DECIMAL", "DATE", "TIMESTAMP")
TEXT_TIMES = ("_at", "_utc", "_on", "last_now", "day", "month", "period_start")
TEXT_AMOUNTS = {("state.budget_alerts", "amount"), ("state.budget_alerts", "used")}


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> list[Column]:
    return published_columns(tmp_path_factory.mktemp("empty"))


def comments(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str | None]:
    """The comment of every table and view (column "") and of every column."""
    rows = connection.execute(
        "select schema_name || '.' || table_name, '', comment from duckdb_tables()"
        " where database_name = 'hve' union all"
        " select schema_name || '.' || view_name, '', comment from duckdb_views()"
        " where database_name = 'hve' and not internal union all"
        " select schema_name || '.' || table_name, column_name, comment from duckdb_columns()"
        " where database_name = 'hve' and not internal"
    ).fetchall()
    return {(table, column): comment for table, column, comment in rows}


def test_every_table_and_column_of_a_published_file_has_its_comment(store: Store) -> None:
    land_rows(store, {})
    publish(store, NOW, offer_models)
    with published_connection(store.root) as connection:
        written = comments(connection)
    assert len(written) > 400
    assert [place for place, comment in written.items() if not comment] == []
    assert written["raw.message_traces", "size_bytes"] == (
        "Size of the messages; null where the source does not say. Unit: bytes."
    )
    assert written["state.coverage", ""] == (
        "One row per window of an address that was read completely; windows of one address never"
        " touch each other."
    )


def test_nothing_is_described_that_is_not_published(columns: list[Column]) -> None:
    tables = {column.table for column in columns}
    used = {key_of(column.table, column.name) for column in columns}
    assert {key for key in words() if key[1]} - used == set()
    assert set(grains()) == tables
    assert {table for table, column in words() if not column} <= tables


def test_what_is_the_same_in_every_table_is_described_once() -> None:
    shared = {column: text for (table, column), text in words().items() if table == EVERY_TABLE}
    repeated = [
        key for key, text in words().items() if key[0] != EVERY_TABLE and text == shared.get(key[1])
    ]
    assert repeated == []


def test_every_number_time_and_amount_has_a_unit(columns: list[Column]) -> None:
    measured = [
        key_of(column.table, column.name)
        for column in columns
        if column.type.startswith(NUMBERS_AND_TIMES)
        or (column.table.startswith("state.") and column.name.endswith(TEXT_TIMES))
        or (column.table, column.name) in TEXT_AMOUNTS
    ]
    assert len(measured) > 150
    assert [key for key in measured if not words()[key].unit] == []


def test_the_page_is_what_the_dictionary_gives(columns: list[Column]) -> None:
    assert PAGE.read_text(encoding="utf-8") == render(columns), "make tables writes it anew"


def test_descriptions_fit_into_a_cell_and_end_without_a_stop() -> None:
    for key, (unit, meaning) in words().items():
        assert meaning, key
        assert meaning[-1] != ".", key
        assert not set("|\n") & set(unit + meaning), key


def test_the_words_are_packaged_beside_the_module() -> None:
    import warehouse.dictionary

    assert warehouse.dictionary.WORDS.parent == Path(warehouse.dictionary.__file__).parent
