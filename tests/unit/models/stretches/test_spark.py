"""What surrounds Spark: its Java, its master, its errors; executors are in tests/scale."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hve_monitor.errors import ConfigError, ModelError
from models.stretches import spark
from models.stretches.spark import (
    has_workers,
    own_python,
    require_java,
    require_master,
    root_cause,
    shared_folder,
)
from tests.unit.conftest import Hve, hve  # noqa: F401 - a fixture


class Raised(Exception):
    """An error of Spark, with what Java says of it."""

    def __init__(self, message: str, *causes: str) -> None:
        super().__init__(message)
        self.java_exception = Java(causes) if causes else None


class Java:
    """An exception of Java and what caused it, as py4j hands it out."""

    def __init__(self, causes: tuple[str, ...]) -> None:
        self._causes = causes

    def toString(self) -> str:  # noqa: N802 - Java's own name
        return self._causes[0]

    def getCause(self) -> Java | None:  # noqa: N802
        return Java(self._causes[1:]) if self._causes[1:] else None


NO_SPACE = "IOException: IO Error: No space left on device"
ASYNC = (
    'IOException: IO Error: Async write failed for range [offset=0]: {"exception_type":"IO",'
    '"exception_message":"Could not write \\"part.parquet\\": No space left","errno":"28"}'
)
NO_WHEEL = "the workers' Python needs hve-monitor and pyspark of this release"
IN_PYTHON = """
  An exception was thrown from the Python worker:
Traceback (most recent call last):
  File "worker.py", line 2, in main
    process()
{cause}

Driver stacktrace:
\tat org.apache.spark.Spark.run(Spark.scala:1)
Caused by: org.apache.spark.SparkException: Job aborted
"""


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (
            Raised(
                IN_PYTHON.format(cause="_duckdb.IOException: IO Error: No space left on device")
            ),
            "IOException: IO Error: No space left on device",
        ),
        (
            Raised(IN_PYTHON.format(cause="ModuleNotFoundError: No module named 'models'")),
            f"ModuleNotFoundError: No module named 'models'; {NO_WHEEL}",
        ),
        (
            Raised(
                "An error occurred while calling o158.getResult.",
                "org.apache.spark.SparkException: Job aborted: "
                'java.io.IOException: Cannot run program "/no/python": error=2, No such file',
                'java.io.IOException: Cannot run program "/no/python": error=2, No such file',
                "java.io.IOException: error=2, No such file",
            ),
            'Cannot run program "/no/python": error=2, No such file',
        ),
        (Raised(IN_PYTHON.format(cause=ASYNC)), 'Could not write "part.parquet": No space left'),
        (Raised("[CONNECT] gone\nsecond line"), "[CONNECT] gone"),
    ],
)
def test_the_first_cause_is_what_is_shown(error: Raised, cause: str) -> None:
    assert root_cause(error) == cause


def test_a_master_that_is_not_there_is_named_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        master = f"spark://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ModelError, match=f"^spark: no master answers at {master} "):
        require_master(master)
    for other in ("", "local[2]", "yarn"):
        require_master(other)


@pytest.mark.parametrize(
    ("master", "python"),
    [
        ("", sys.executable),
        ("local[4]", sys.executable),
        ("spark://127.0.0.1:7077", sys.executable),
        ("spark://hve1.contoso.com:7077,127.0.0.1:7077", "python3"),
        ("yarn", "python3"),
    ],
)
def test_other_machines_have_a_python_of_their_own(master: str, python: str) -> None:
    assert own_python(master) == python


def test_the_shared_folder_is_one_that_the_driver_sees(tmp_path: Path) -> None:
    assert shared_folder("") is None
    for text in (str(tmp_path), f"file:{tmp_path}", f"file://{tmp_path}"):
        assert shared_folder(text) == tmp_path
    with pytest.raises(ConfigError, match=r"^spark\.location: abfss://hve@contoso is a URL"):
        shared_folder("abfss://hve@contoso")
    with pytest.raises(ConfigError, match="is no folder here"):
        shared_folder(str(tmp_path / "missing"))


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


def test_jobs_are_of_this_machine_alone(hve: Hve) -> None:  # noqa: F811 - the fixture
    ended = hve("build", "--engine", "spark", "--jobs", "2", "--json")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("hve: --jobs: with --engine spark the executors say")


def session_of(sizes: Iterator[int]) -> Any:
    """A session whose context knows so many executors, the driver among them, at each question."""
    status = SimpleNamespace(size=lambda: next(sizes))
    context = SimpleNamespace(getExecutorMemoryStatus=lambda: status)
    return SimpleNamespace(sparkContext=SimpleNamespace(_jsc=SimpleNamespace(sc=lambda: context)))


def test_a_worker_that_comes_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=lambda _: None))
    assert has_workers(session_of(iter([1, 1, 1, 2])))


def test_a_master_without_workers_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(1000))
    clock = SimpleNamespace(monotonic=lambda: next(seconds), sleep=lambda _: None)
    monkeypatch.setattr(spark, "time", clock)
    asked = iter([1] * 1000)
    assert not has_workers(session_of(asked))
    assert next(seconds) == spark.SECONDS_FOR_WORKERS + 1
