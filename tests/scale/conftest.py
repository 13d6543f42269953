"""Two copies of one store with the same rows, one built by each engine."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from hve_monitor.config import Config
from models.build import DUCKDB, build
from models.engine.spark import SparkEngine, spark_engine
from models.engine.workplace import Engine
from tests.scale.traffic import NOW, TENANT, land_first, land_later
from warehouse.protection.mode import tenant_key
from warehouse.store import Store, open_store

SPARK = {
    "master": "local[2]",
    "settings": {
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        # Short jobs end before the second compiler of Java would have paid.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    },
}
LATER = NOW.replace(hour=NOW.hour + 1)


@dataclass(frozen=True)
class Pair:
    """Folders of the two stores, and seconds of each engine's builds."""

    duckdb: Path
    spark: Path
    seconds: dict[str, list[float]]


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkEngine]:
    """The engine as `hve build --engine spark` makes it, on two cores."""
    config = Config.model_validate({"warehouse": {"memory_limit": "2GB"}, "spark": SPARK})
    with spark_engine(config) as engine:
        yield engine


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory, spark: SparkEngine) -> Pair:
    """Both stores after a first build and one of changed, late and unread rows."""
    root = tmp_path_factory.mktemp("parity")
    # A name with what Spark would take for a pattern, were it not told otherwise.
    ours, theirs = root / "duckdb", root / "spark {1} 2"
    with open_store(ours) as store:
        land_first(store)
        # Subjects are marked with the tenant's own key, so both must have the same.
        tenant_key(store.state, store.protection, "contoso")
    shutil.copytree(ours, theirs)
    engines: dict[Path, tuple[str, Engine]] = {ours: ("duckdb", DUCKDB), theirs: ("spark", spark)}
    seconds: dict[str, list[float]] = {"duckdb": [], "spark": []}
    for folder, (name, engine) in engines.items():
        with open_store(folder) as store:
            seconds[name].append(_build(store, NOW, engine))
            land_later(store, LATER)
            seconds[name].append(_build(store, LATER, engine))
    return Pair(ours, theirs, seconds)


def _build(store: Store, now: datetime, engine: Engine) -> float:
    start = time.perf_counter()
    build(store, [TENANT], now, lambda *_: None, engine=engine)
    return time.perf_counter() - start
