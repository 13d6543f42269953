"""What surrounds Spark: its words, its Java, its memory; the engine itself is in tests/scale."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hve_monitor.errors import ConfigError
from models.engine import sql as runner
from models.engine.spark import java_memory, require_java, spark_sql
from tests.unit.conftest import Hve, hve  # noqa: F401 - a fixture


@pytest.mark.parametrize("model", runner.models(), ids=lambda model: model.name)
def test_a_model_reads_views_without_a_schema(model: runner.Model) -> None:
    told = spark_sql(model.sql)
    assert not [name for name in model.reads if name in told]
    assert all(name.replace(".", "__") in told for name in model.reads)


def test_columns_of_a_table_without_an_alias_keep_their_name() -> None:
    told = spark_sql("select sample.n from raw.sample where sample.n > $least")
    assert told == "SELECT sample.n FROM raw__sample AS sample WHERE sample.n > :least"


@pytest.mark.parametrize(
    ("limit", "java"),
    [("4GB", "4096m"), ("1.5GiB", "1536m"), ("500MB", "1024m"), ("2 TB", "2097152m")],
)
def test_memory_in_the_words_of_java(limit: str, java: str) -> None:
    assert java_memory(limit) == java


def java_home(folder: Path, version: str) -> Path:
    """A Java that only tells its version, as `java -version` does."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    program.chmod(0o755)
    return folder


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.22", "16"])
def test_an_old_java_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java_home(tmp_path, version)))
    with pytest.raises(ConfigError, match=r"is version \d+; install Java 17 or later$"):
        require_java()


@pytest.mark.parametrize("version", ["17", "17.0.15", "21.0.3"])
def test_newer_ones_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java_home(tmp_path, version)))
    require_java()


def test_no_java_is_told_with_the_place_that_was_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ConfigError, match="no Java in JAVA_HOME"):
        require_java()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="no Java on the PATH"):
        require_java()


def test_without_pyspark_a_build_says_what_to_install(
    hve: Hve,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)  # as if it were not installed
    ended = hve("build", "--engine", "spark", "--json")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    assert "install hve-monitor[spark]" in ended.err
