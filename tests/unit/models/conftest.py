"""Stores with a few hand-written rows, built by the real pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from hve_monitor.config import Tenant
from ingest.graph.trace_pages import COLUMNS
from models.build import build
from warehouse.reading import published_connection
from warehouse.records.accounts import Account, record_accounts
from warehouse.records.message_traces import land
from warehouse.store import Store, open_store

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
TENANT = Tenant(name="contoso", accounts="files", timezone="Europe/Berlin")


def at(text: str) -> datetime:
    """A UTC instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def trace(trace_id: str, recipient: str, received_at: str, **other: Any) -> dict[str, Any]:
    """One row as a source delivers it."""
    usual = {
        "trace_id": trace_id,
        "recipient": recipient,
        "sender": "hr@contoso.com",
        "received_at": at(received_at),
        "status": "delivered",
        "subject": "News",
        "size_bytes": 1000,
        "from_ip": "192.0.2.10",
    }
    return usual | other


class Workbench:
    """A store with its pipeline."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def land(self, *rows: dict[str, Any], source: str = "graph", now: datetime = NOW) -> None:
        """Lands rows as one batch."""
        table = pa.Table.from_pylist(list(rows), schema=COLUMNS)
        land(self.store, TENANT.name, table, now, source)

    def accounts(self, *accounts: Account) -> None:
        """Records a snapshot of accounts."""
        record_accounts(self.store, TENANT.name, accounts, NOW, "exchange")

    def build(self, now: datetime = NOW, *, full: bool = False) -> int:
        """Builds and publishes; returns the days that were rebuilt."""
        return build(self.store, [TENANT], now, lambda *_: None, full=full).days_rebuilt

    @contextmanager
    def reader(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The published version."""
        with published_connection(self.store.root) as connection:
            yield connection

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the published version."""
        with self.reader() as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """An empty store."""
    with open_store(tmp_path / "store") as store:
        yield Workbench(store)


@pytest.fixture(scope="module")
def shared_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A store for tests of one module that only read."""
    with open_store(tmp_path_factory.mktemp("shared") / "store") as store:
        yield Workbench(store)


class KeptStores:
    """Stores that are filled once; whoever opens one finds it as it was filled.

    Always at the same path: a published file names its tables by their paths.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def open(self, fill: Callable[[Workbench], object]) -> Iterator[Workbench]:
        """A copy of the store that `fill` has filled."""
        place, kept = self._root / fill.__name__, self._root / f"{fill.__name__}.kept"
        rmtree(place, ignore_errors=True)
        if not kept.exists():
            with open_store(place) as store:
                fill(Workbench(store))
            place.rename(kept)
        copytree(kept, place)
        with open_store(place) as store:
            yield Workbench(store)


@pytest.fixture(scope="module")
def kept_stores(tmp_path_factory: pytest.TempPathFactory) -> KeptStores:
    """The stores of one module."""
    return KeptStores(tmp_path_factory.mktemp("kept"))


Trace = Callable[..., dict[str, Any]]
