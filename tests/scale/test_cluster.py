"""Builds on a real Spark cluster, and in processes of this machine: every mart is the same."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from hve_monitor.config import Config
from models.build import build
from models.incidents.walks import kept_walks
from models.stretches import rebuild
from models.stretches.spark import SparkWorkers, spark_workers
from models.stretches.workers import Workers, local_workers
from tests.parity import different_rows, rows_of
from tests.scale.cluster import SETTINGS, Cluster, cluster
from tests.traffic import NOW, TENANT, land_first, land_later
from warehouse.protection.mode import tenant_key
from warehouse.store import open_store
from warehouse.tables import DAILY_MARTS, HVE_BASELINE_HOURLY, HVE_USAGE_CORRECTIONS

pytestmark = [
    pytest.mark.scale,
    # pyspark leaves the socket open that its rows came through, and warns of a newer pandas.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support:FutureWarning"),
]
ROWS = 20_000
KINDS = ("*.parquet", "*.hours")  # what tasks leave while they work
LATER = NOW + timedelta(hours=1)
Work = TypeVar("Work")
Done = TypeVar("Done")


class Losing:
    """Workers of a cluster that loses its executors while the first task of each kind runs."""

    least_rows = 0

    def __init__(self, workers: SparkWorkers, of: Cluster) -> None:
        self._workers, self._cluster = workers, of
        self.count, self.memory_limit = workers.count, workers.memory_limit
        self.location, self.lost = workers.location, 0
        self.names: set[str] = set()

    def run(self, function: Callable[[Work], Done], tasks: Sequence[Work]) -> list[Done]:
        self.names.add(function.__name__)
        ended = threading.Event()
        loss = threading.Thread(target=self._lose, args=(self._files(), ended))
        loss.start()
        try:
            return self._workers.run(function, tasks)
        finally:
            ended.set()
            loss.join()

    def _lose(self, before: set[Path], ended: threading.Event) -> None:
        """As soon as the first task has written something."""
        while not ended.wait(0.02):
            if self._files() - before:
                self.lost += self._cluster.kill_executors()
                return

    def _files(self) -> set[Path]:
        return {file for kind in KINDS for file in (self.location or Path()).rglob(kind)}


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that one process has built; `fresh` beside it is as it was before."""
    root = tmp_path_factory.mktemp("parity")
    with open_store(root / "fresh") as store:
        land_first(store, ROWS)
        # Subjects are marked with the tenant's own key, so all must have the same.
        tenant_key(store.state, store.protection, TENANT.name)
    shutil.copytree(root / "fresh", root / "alone")
    built(root / "alone", None, None)
    return root / "alone"


def built(root: Path, first: Workers | None, second: Workers | None) -> None:
    """A first build, and one of changed, late and unread rows, one of which was first."""
    with open_store(root) as store:
        build(store, [TENANT], NOW, lambda *_: None, workers=first)
        land_later(store, ROWS, LATER)
        build(store, [TENANT], LATER, lambda *_: None, workers=second)


def copied(alone: Path, name: str) -> Path:
    return Path(shutil.copytree(alone.with_name("fresh"), alone.with_name(name)))


def config(master: str, location: Path | str = "") -> Config:
    spark = {"master": master, "location": str(location), "settings": SETTINGS}
    return Config.model_validate({"warehouse": {"memory_limit": "1GB"}, "spark": spark})


def test_a_cluster_that_loses_its_executors_stores_what_one_process_stores(
    spark: Cluster, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "LEAST_ROWS", ROWS // 2)
    monkeypatch.setattr(kept_walks, "_LEAST_SLICE", 1)
    # A name with what engines would take for a pattern, were they not told otherwise.
    root, location = copied(alone, "spark {1} 2"), alone.with_name("seen by workers")
    location.mkdir()
    with spark_workers(config(spark.master, location)) as workers:
        losing = Losing(workers, spark)
        built(root, losing, workers)
    assert losing.lost >= 2
    assert "judged_slice" in losing.names
    assert different_rows(alone, root) == {}
    compared = (*DAILY_MARTS, HVE_USAGE_CORRECTIONS, HVE_BASELINE_HOURLY)
    assert all(rows_of(root, table) for table in compared)


def test_processes_of_this_machine_store_the_same(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = copied(alone, "processes")
    monkeypatch.setattr("models.stretches.workers.LocalWorkers.least_rows", 0)
    monkeypatch.setattr(kept_walks, "_LEAST_SLICE", 1)
    with local_workers(2, "1GB") as workers:
        built(root, workers, workers)
    assert different_rows(alone, root) == {}
