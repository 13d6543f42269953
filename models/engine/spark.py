"""Spark as the engine of a build: the same .sql models over the same Parquet files.

Files of one version are read as pinned lists, so that Spark needs no Delta jars; results come back
as Arrow and are committed by the warehouse as ever. Only this module knows pyspark, an extra.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlglot
from sqlglot import exp

from hve_monitor.config import Config
from hve_monitor.errors import ConfigError, ModelError
from models.engine.workplace import Workplace
from warehouse.store import Store
from warehouse.tables import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

OLDEST_JAVA = 17
# What makes Spark count as DuckDB does: UTC, errors instead of nulls, money to its last decimal.
MEANING = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
}
MEBIBYTES = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024**2}


@contextmanager
def spark_engine(config: Config) -> Iterator[SparkEngine]:
    """An engine whose session ends with it, unless the surroundings (a notebook, a job) made it.

    Raises: ConfigError (no pyspark, no Java), ModelError (Spark failed).
    """
    if find_spec("pyspark") is None:
        raise ConfigError(
            "--engine spark: pyspark is not installed; install hve-monitor[spark]"
            " (pip install -r requirements-spark.lock)"
        )
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    is_ours = SparkSession.getActiveSession() is None
    if is_ours and "SPARK_REMOTE" not in os.environ:
        require_java()
    engine = SparkEngine(config, is_ours=is_ours)
    try:
        yield engine
    except (PySparkException, Py4JError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelError(f"spark: {reason}; the days stay to be built") from error
    finally:
        engine.close()


class SparkEngine:
    """One Spark session, started when the first workplace needs it."""

    rows_at_once = 100_000_000

    def __init__(self, config: Config, *, is_ours: bool) -> None:
        self._config, self._is_ours = config, is_ours
        self._session: SparkSession | None = None

    @contextmanager
    def workplace(self, store: Store) -> Iterator[Workplace]:
        session = self._started(store.spill / "spark")
        place = SparkWorkplace(session, store.root, self._config.spark.location)
        try:
            yield place
        finally:
            place.close()

    def close(self) -> None:
        """Ends the session if this engine began it."""
        if self._session is not None and self._is_ours:
            self._session.stop()

    def _started(self, spill: Path) -> SparkSession:
        from pyspark.sql import SparkSession

        if self._session is None:
            # What a killed process left; this one holds the build lock.
            shutil.rmtree(spill, ignore_errors=True)
            builder = SparkSession.builder.appName("hve-monitor")
            for key, value in self._settings(spill).items():
                builder = builder.config(key, value)
            self._session = builder.getOrCreate()
        return self._session

    def _settings(self, spill: Path) -> dict[str, str]:
        """Of a session of ours; one that is there already takes MEANING alone."""
        # Python workers of another version than ours would be refused.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        spark = self._config.spark
        if not self._is_ours:
            return MEANING
        if not spark.master or spark.master.startswith("local"):
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")  # nobody else need reach it
        own = {
            "spark.driver.memory": java_memory(self._config.warehouse.memory_limit),
            "spark.driver.maxResultSize": "0",
            # What spills may hold addresses: it is encrypted.
            "spark.io.encryption.enabled": "true",
            "spark.log.level": "ERROR",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
        }
        if "," not in str(spill):  # Spark would take two names; then the system's own place
            own["spark.local.dir"] = str(spill.absolute())
        if spark.master:
            own["spark.master"] = spark.master
        return own | spark.settings | MEANING


class SparkWorkplace:
    """Temporary views of a session; what is stored is kept in memory or on its disks."""

    def __init__(self, session: SparkSession, root: Path, location: str) -> None:
        self._session, self._root = session, root.absolute()
        # Not as_uri(): Spark takes a name as it is written.
        self._location = location.rstrip("/") or f"file:{self._root.as_posix()}"
        self._kept: list[DataFrame] = []

    def offer_files(self, name: str, table: Table, files: list[str]) -> None:
        from pyspark.sql.pandas.types import from_arrow_schema

        schema = from_arrow_schema(table.schema)
        if files:
            reader = self._session.read.schema(schema)
            reader = reader.option("basePath", f"{self._location}/{table.room}/{table.name}")
            # The names are names: no star or brace in them stands for anything.
            reader = reader.option("__globPaths__", "false")
            frame = reader.parquet(*map(self._seen_by_spark, files)).select(*table.schema.names)
        else:
            frame = self._session.createDataFrame([], schema)
        frame.createOrReplaceTempView(view_name(name))

    def offer_rows(self, name: str, rows: pa.Table) -> None:
        self._session.createDataFrame(rows).createOrReplaceTempView(view_name(name))

    def create(self, name: str, sql: str, *, stored: bool) -> None:
        frame = self._session.sql(spark_sql(sql))
        # Every mart reads what is staged: computed once, it is also planned once.
        if stored or name.startswith("staging."):
            frame = frame.persist()
            self._kept.append(frame)
        frame.createOrReplaceTempView(view_name(name))

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        rows: pa.Table = self._session.sql(spark_sql(sql), args=dict(parameters or {})).toArrow()
        return rows

    def close(self) -> None:
        """Lets go of what was kept."""
        for frame in self._kept:
            frame.unpersist()

    def _seen_by_spark(self, file: str) -> str:
        """Where the executors find a file of the store."""
        below = Path(file).absolute().relative_to(self._root)
        return f"{self._location}/{below.as_posix()}"


@cache
def spark_sql(sql: str) -> str:
    """DuckDB's SQL in Spark's words; `schema.name` becomes the name of a temporary view."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    for table in tree.find_all(exp.Table):
        if table.db:
            name = view_name(f"{table.db}.{table.name}")
            alias = table.alias or table.name
            table.replace(exp.table_(name, alias=alias))
    return tree.sql(dialect="spark", comments=False, unsupported_level=sqlglot.ErrorLevel.RAISE)


def view_name(name: str) -> str:
    """Temporary views have no schema."""
    return name.replace(".", "__")


def java_memory(limit: str) -> str:
    """`4GB` as Java writes it."""
    number, unit = re.fullmatch(r"([\d.]+)\s*([KMGT])i?B", limit).groups()  # type: ignore[union-attr] # checked with the configuration
    return f"{max(1024, round(float(number) * MEBIBYTES[unit]))}m"


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
