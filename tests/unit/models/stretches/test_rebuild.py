"""Tasks side by side store what one process stores, whoever runs them and wherever they see it."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from hve_monitor.errors import ModelError
from models.build import build
from models.stretches import rebuild, tasks
from models.stretches.workers import Workers, shared_memory
from tests.parity import different_rows, rows_of
from tests.traffic import NOW, TENANT, land_first, land_later
from warehouse.objects.place import TablesPlace, note_place
from warehouse.protection.mode import tenant_key
from warehouse.store import open_store
from warehouse.tables import DAILY_MARTS, HVE_USAGE_CORRECTIONS

ROWS = 3_000
LATER = NOW + timedelta(hours=1)
Work = TypeVar("Work")
Done = TypeVar("Done")


class InOrder:
    """Workers of this process that get and give copies, as others do."""

    count, least_rows, memory_limit = 1, 0, "256MiB"

    def __init__(self, location: Path | None = None) -> None:
        self.location = location
        self.names: list[str] = []

    def run(self, function: Callable[[Work], Done], work: Sequence[Work]) -> list[Done]:
        name = getattr(function, "func", function).__name__
        self.names += [name] * len(work)
        return [_copy(function(_copy(one))) for one in work]


def _copy(value: Work) -> Work:
    copied: Work = pickle.loads(pickle.dumps(value))  # noqa: S301 - our own
    return copied


def built(root: Path, workers: Workers | None) -> None:
    """A first build, and one of changed, late and unread rows."""
    for now, land in ((NOW, None), (LATER, land_later)):
        with open_store(root) as store:
            if land:
                land(store, ROWS, now)
            build(store, [TENANT], now, lambda *_: None, workers=workers)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that one process has built; `fresh` beside it is as it was before."""
    root = tmp_path_factory.mktemp("stretches")
    with open_store(root / "fresh") as store:
        land_first(store, ROWS)
        # Subjects are marked with the tenant's own key, so all must have the same.
        tenant_key(store.state, store.protection, TENANT.name)
    shutil.copytree(root / "fresh", root / "alone")
    built(root / "alone", None)
    return root / "alone"


@contextmanager
def copied(alone: Path, name: str) -> Iterator[Path]:
    root = alone.with_name(name)
    shutil.copytree(alone.with_name("fresh"), root)
    yield root
    shutil.rmtree(root)


@pytest.fixture
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "LEAST_ROWS", ROWS // 2)


@pytest.mark.usefixtures("small_tasks")
def test_tasks_that_see_the_store_elsewhere_store_what_one_process_stores(alone: Path) -> None:
    with copied(alone, "tasks {1} 2") as root, copied(alone, "seen there") as location:
        workers = InOrder(location)
        built(root, workers)
        assert different_rows(alone, root) == {}
        assert all(rows_of(root, table) for table in (*DAILY_MARTS, HVE_USAGE_CORRECTIONS))
        assert not list((location / "spill").iterdir())
    assert workers.names.count("marts_of") > 2


@pytest.mark.usefixtures("small_tasks")
def test_tasks_build_tables_that_lie_elsewhere(alone: Path) -> None:
    tables = alone.with_name("tables elsewhere")
    tables.mkdir()
    with copied(alone, "apart") as root:
        for room in ("facts", "marts"):
            if (root / room).exists():
                (root / room).rename(tables / room)
        note_place(root, TablesPlace(str(tables)))
        built(root, workers := InOrder())
        assert different_rows(alone, root) == {}
        assert not list((root / "spill").glob("lent*"))
    assert workers.names.count("marts_of") > 2


def test_a_build_that_ends_between_firsts_and_marts_is_made_up_for(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ending(InOrder):
        def run(self, function: Callable[[Work], Done], work: Sequence[Work]) -> list[Done]:
            if function is tasks.marts_of:
                raise ModelError("ended")
            return super().run(function, work)

    with copied(alone, "ended") as root:
        with open_store(root) as store:
            build(store, [TENANT], NOW, lambda *_: None, workers=InOrder())
            land_later(store, ROWS, LATER)
            with pytest.raises(ModelError, match="ended"):
                build(store, [TENANT], LATER, lambda *_: None, workers=Ending())
            build(store, [TENANT], LATER, lambda *_: None)
        assert different_rows(alone, root) == {}


def test_a_worker_of_another_release_is_refused(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Older(InOrder):
        def run(self, function: Callable[[Work], Done], work: Sequence[Work]) -> list[Done]:
            with monkeypatch.context() as patched:
                patched.setattr(tasks, "release", lambda: "hve-monitor 0.1")
                return super().run(function, work)

    with (
        copied(alone, "older") as root,
        open_store(root) as store,
        pytest.raises(ModelError, match=r"the worker has hve-monitor 0\.1, .*: install one wheel"),
    ):
        build(store, [TENANT], NOW, lambda *_: None, workers=Older())


@pytest.mark.parametrize(
    ("limit", "count", "one"),
    [
        ("4GB", 4, "1024MiB"),
        ("1.5GiB", 2, "768MiB"),
        ("500MB", 8, "256MiB"),
        ("2 TB", 4, "524288MiB"),
    ],
)
def test_tasks_share_the_memory_limit(limit: str, count: int, one: str) -> None:
    assert shared_memory(limit, count) == one
