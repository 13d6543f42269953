"""The .sql models: each after what it reads, each with its grain."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from hve_monitor.files import REFERENCE
from models.engine import sql as runner
from tests.places import queries
from warehouse.tables import TABLES

FILES = sorted(runner.ROOM.rglob("*.sql"))
QUERIES = queries()


def test_every_model_comes_after_what_it_reads() -> None:
    names = [model.name for model in runner.models()]
    for position, model in enumerate(runner.models()):
        assert model.reads & set(names) <= set(names[:position]), model.name


def test_another_model_makes_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before, models = runner.version.__wrapped__(), runner.models()
    other = (replace(models[0], sql=f"{models[0].sql} limit 1"), *models[1:])
    monkeypatch.setattr(runner, "models", lambda: other)
    assert runner.version.__wrapped__() != before


def test_an_aliased_table_counts_as_read() -> None:
    assert "staging.stg_account_addresses" in runner.model("staging.stg_message_traces").reads


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_sql_file_begins_with_its_grain(file: Path) -> None:
    assert file.read_text(encoding="utf-8").startswith("-- Grain: "), file


def test_every_mart_of_sql_has_a_table_and_its_columns() -> None:
    tables = {table.name: table for table in TABLES if table.room == "marts"}
    for model in runner.models():
        if model.is_mart:
            assert model.name.removeprefix("marts.") in tables


def test_queries_name_only_known_schemas() -> None:
    for file in QUERIES:
        text = file.read_text(encoding="utf-8").replace("{conditions}\n", "")
        text = re.sub(r"\(\{\w+\}\)", "traces", text)  # another query of the folder
        sql = re.sub(r"\$\w+", "null", text)
        for name in duckdb.get_table_names(sql, qualified=True):
            assert name.split(".")[0] in {*runner.SCHEMAS, runner.LIVE, name}, (
                f"{file.name}: {name}"
            )


def test_reference_rows_name_their_source() -> None:
    with duckdb.connect() as connection:
        for file in REFERENCE.glob("*.csv"):
            missing = connection.execute(
                "select count(*) from read_csv($file, all_varchar = true) where source is null"
                " or effective_from is null or retrieved_on is null"
                " or source_url not like 'https://%'",
                {"file": str(file)},
            ).fetchall()
            assert missing == [(0,)], file
