"""Spark distributes the tasks of a build: its executors run DuckDB in their Python workers.

Only this module knows pyspark, an extra. Spark itself reads and writes nothing: a task is a row
that Python answers with another one.
"""

from __future__ import annotations

import os
import pickle
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import pyarrow as pa

from hve_monitor.config import Config
from hve_monitor.errors import ConfigError, ModelError
from models.stretches.workers import shared_memory

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Work = TypeVar("Work")
Done = TypeVar("Done")
OLDEST_JAVA = 17
SECONDS_TO_ANSWER = 5
SECONDS_FOR_WORKERS = 60
ANSWER = "place long, done binary"
_CLASS = re.compile(r"^(?:Caused by: )?(?:[\w$]+\.)+(\w+(?:Exception|Error)): ")
# What DuckDB writes in a thread of its own fails with a document around the cause.
_IN_DUCKDB = re.compile(r'"exception_message":"(.*?)(?<!\\)"')
_TRACEBACK = "Traceback (most recent call last):"


@contextmanager
def spark_workers(config: Config) -> Iterator[SparkWorkers]:
    """Executors of a session that ends with it, unless the surroundings (a notebook) began it.

    Raises: ConfigError (no pyspark, no Java, no folder).
    """
    if find_spec("pyspark") is None:
        raise ConfigError(
            "--engine spark: pyspark is not installed; install hve-monitor[spark]"
            " (pip install -r requirements-spark.lock)"
        )
    from pyspark.sql import SparkSession

    is_ours = SparkSession.getActiveSession() is None
    if is_ours and "SPARK_REMOTE" not in os.environ:
        require_java()
    workers = SparkWorkers(config, is_ours=is_ours)
    try:
        yield workers
    finally:
        workers.close()


class SparkWorkers:
    """The executors of one Spark session, which starts with the first tasks."""

    least_rows = 0

    def __init__(self, config: Config, *, is_ours: bool) -> None:
        self._config, self._is_ours = config, is_ours
        self._session: SparkSession | None = None
        self._is_without_workers = False
        self.location = shared_folder(config.spark.location)

    @property
    def count(self) -> int:
        """Cores of the executors that are there so far."""
        if "SPARK_REMOTE" in os.environ:
            return int(self._config.spark.settings.get("spark.default.parallelism", "2"))
        with one_line():
            return int(self._started().sparkContext.defaultParallelism)

    @property
    def memory_limit(self) -> str:
        """The store's limit, shared by the cores of one executor."""
        master, settings = self._config.spark.master, self._config.spark.settings
        local = re.fullmatch(r"local\[(\d+)\]", master)
        cores = int(local[1] if local else settings.get("spark.executor.cores", "1"))
        return shared_memory(self._config.warehouse.memory_limit, cores)

    def run(self, function: Callable[[Work], Done], tasks: Sequence[Work]) -> list[Done]:
        """What the function makes of every task, in their order. Raises: ModelError."""

        def answered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            yield from _answered(function, tasks, batches)

        with one_line():
            places = self._started().range(0, len(tasks), 1, len(tasks))
            rows = places.mapInArrow(answered, ANSWER).collect()
        done = {row["place"]: row["done"] for row in rows}
        return [pickle.loads(done[place]) for place in range(len(tasks))]  # noqa: S301 - of our own workers

    def close(self) -> None:
        """Ends the session if this one began it."""
        if self._session is not None and self._is_ours:
            self._session.stop()

    def _started(self) -> SparkSession:
        from pyspark.sql import SparkSession

        if self._session is None:
            builder = SparkSession.builder.appName("hve-monitor")
            for key, value in self._settings().items():
                builder = builder.config(key, value)
            self._session = builder.getOrCreate()
            master = self._config.spark.master
            if self._is_ours and master.startswith("spark://"):
                self._is_without_workers = not has_workers(self._session)
        if self._is_without_workers:  # known for every tenant after the first
            raise ModelError(
                f"spark: the master at {self._config.spark.master} gave no worker within"
                f" {SECONDS_FOR_WORKERS} seconds: none is there, or none has the memory and cores"
                " that spark.settings require; the days stay to be built"
            )
        return self._session

    def _settings(self) -> dict[str, str]:
        """Of a session of ours; one that is there already keeps its own."""
        spark = self._config.spark
        if not self._is_ours:
            return {}
        require_master(spark.master)
        python = spark.settings.get("spark.pyspark.python") or own_python(spark.master)
        os.environ.setdefault("PYSPARK_PYTHON", python)
        own = {
            "spark.log.level": "OFF",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
        }
        if is_here(spark.master):  # nobody else need reach it
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        if spark.master:
            own["spark.master"] = spark.master
        return own | spark.settings


def _answered(
    function: Callable[[Work], Done], tasks: Sequence[Work], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """On the executor: a row for every task of this partition."""
    for batch in batches:
        places = batch.column(0).to_pylist()
        done = [pickle.dumps(function(tasks[place])) for place in places]
        yield pa.RecordBatch.from_arrays(
            [pa.array(places, pa.int64()), pa.array(done, pa.binary())], names=["place", "done"]
        )


def shared_folder(location: str) -> Path | None:
    """Where driver and workers see the store; None where that is warehouse.path.

    Raises: ConfigError for a URL, or a folder that is not there.
    """
    if not location:
        return None
    folder = Path(re.sub(r"^file:(//)?(?=/)", "", location))
    if "://" in location and not location.startswith("file:"):
        raise ConfigError(
            f"spark.location: {location} is a URL; give the folder under which the workers see it"
            " (a mount or a volume)"
        )
    if not folder.is_dir():
        raise ConfigError(
            f"spark.location: {location} is no folder here; mount it where hve runs as well"
        )
    return folder


def is_here(master: str) -> bool:
    """Whether the workers run on this machine."""
    if not master.startswith("spark://"):
        return not master or master.startswith("local")
    hosts = {urlsplit(f"//{part}").hostname for part in _addresses(master)}
    return hosts <= {"localhost", "127.0.0.1", "::1"}


def _addresses(master: str) -> list[str]:
    return master.removeprefix("spark://").split(",")


def own_python(master: str) -> str:
    """The interpreter of the workers: ours on this machine, elsewhere the one on their PATH."""
    return sys.executable if is_here(master) else "python3"


def require_master(master: str) -> None:
    """Raises: ModelError when no standalone master answers; Spark would try for minutes."""
    if not master.startswith("spark://"):
        return
    reasons = []
    for part in _addresses(master):
        address = urlsplit(f"//{part}")
        try:
            place = (address.hostname or "", address.port or 7077)
            socket.create_connection(place, SECONDS_TO_ANSWER).close()
            return
        except (OSError, ValueError) as error:
            reasons.append(getattr(error, "strerror", None) or str(error))
    raise ModelError(
        f"spark: no master answers at {master} ({reasons[0]}); the days stay to be built"
    )


def has_workers(session: SparkSession) -> bool:
    """Whether an executor is there in time; Spark itself would wait for one without an end."""
    end = time.monotonic() + SECONDS_FOR_WORKERS
    context = session.sparkContext._jsc.sc()
    while context.getExecutorMemoryStatus().size() < 2:  # the driver is one of them
        if time.monotonic() >= end:
            return False
        time.sleep(0.2)
    return True


@contextmanager
def one_line() -> Iterator[None]:
    """Raises: ModelError for whatever Spark raises inside."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise ModelError(f"spark: {root_cause(error)}; the days stay to be built") from error


def root_cause(error: Exception) -> str:
    """What a Python worker or Java said first, without the calls around it."""
    lines = [*_java_lines(error), *str(error).splitlines()]
    if any(_TRACEBACK in line for line in lines):
        start = next(place for place, line in enumerate(lines) if _TRACEBACK in line)
        ends = (line for line in lines[start + 1 :] if line[:1].strip())
        return _in_python(next(ends, lines[0]))
    causes = [_CLASS.sub("", line) for line in lines if line.startswith("Caused by: ")]
    causes = causes or [_CLASS.sub("", line) for line in lines[:1]]
    # What ends with the innermost and stands next to it names the program or the file.
    around = [cause for cause in causes[:-1] if cause.endswith(causes[-1])]
    return [type(error).__name__, *causes[-1:], *around[-1:]][-1]


def _java_lines(error: Exception) -> list[str]:
    """An exception of Java and what caused it, as Java would print them."""
    lines, java = [], getattr(error, "java_exception", None)
    while java is not None:
        lines.append(f"Caused by: {java.toString().splitlines()[0]}")
        java = java.getCause()
    return lines


def _in_python(cause: str) -> str:
    cause = re.sub(r"^(?:\w+\.)*(\w+): ", r"\1: ", cause)
    inner = _IN_DUCKDB.search(cause)
    if inner is not None:
        return inner[1].replace('\\"', '"')
    if cause.startswith(("ModuleNotFoundError", "ImportError")):
        return f"{cause}; the workers' Python needs hve-monitor and pyspark of this release"
    return cause


def require_java() -> None:
    """Raises: ConfigError when no Java starts that this Spark runs on."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    if java is None:
        where = f"in JAVA_HOME ({home})" if home else "on the PATH"
        raise ConfigError(f"--engine spark: no Java {where}; install Java {OLDEST_JAVA} or later")
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603 - the machine's own Java
    match = re.search(r'version "(\d+)', answer.stderr)
    if match is None or int(match[1]) < OLDEST_JAVA:
        version = match[1] if match else "unknown"
        raise ConfigError(
            f"--engine spark: {java} is version {version}; install Java {OLDEST_JAVA} or later"
        )
