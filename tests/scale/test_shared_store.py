"""Four processes, two hundred tenants, one store on a local disk: every tenant's own truth.

Some tenants are given to two processes at once, as happens when two schedulers overlap.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from actions.ingest import ingest
from hve_monitor.config import Config
from hve_monitor.errors import LockedError
from models.build import build
from models.usage.usage import usage_sums
from simulator.server.serving import serve
from simulator.world.tenant import SimulatedTenant
from warehouse.configured import store_of
from warehouse.reading import read_published
from warehouse.windows import Window

pytestmark = pytest.mark.scale
TENANTS, PROCESSES, TWICE = 200, 4, 20
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
COUNTS = ("messages", "recipients", "delivered", "failed", "quarantined", "pending", "expanded")
SOURCES = ("accounts", "message_traces")


def simulated(number: int) -> SimulatedTenant:
    """The tenant of that number, the same in every process."""
    return SimulatedTenant(
        seed=number, now=NOW, days=2, staff=12, name=f"org{number}", quota_requests=100_000
    )


def config_of(root: Path, number: int, endpoints: dict[str, str] | None = None) -> Config:
    """The store with that tenant alone."""
    tenant = simulated(number)
    # A file for each process: two hold some tenants, and neither must read a half-written secret.
    secret = root / f"{number}.{os.getpid()}.secret"
    secret.write_text(tenant.client_secret, encoding="utf-8")
    return Config.model_validate(
        {
            "warehouse": {"path": root / "store", "threads": 1, "memory_limit": "1GB"},
            "tenants": [
                {
                    "name": tenant.name,
                    "tenant_id": tenant.tenant_id,
                    "client_id": tenant.client_id,
                    "client_secret_file": secret,
                }
            ],
            "endpoints": endpoints or {},
            "limits": {"message_trace_requests": 100_000},
        }
    )


def read_tenants(root: Path, numbers: list[int]) -> None:
    """What one of the processes does; a tenant that another one holds is left to it."""
    for number in numbers:
        with serve(simulated(number)) as server:
            trusted = server.endpoints | {"ca_bundle": str(server.ca_file)}
            config = config_of(root, number, trusted)
            since = NOW - timedelta(days=3)
            try:
                results = ingest(config, NOW, lambda *_: None, SOURCES, Window(since, NOW))
            except LockedError:
                continue
        failed = [result.error for result in results if result.status != "ok"]
        assert not failed, f"org{number}: {failed[0]}"


def shares() -> list[list[int]]:
    """Each process's tenants; the first of all are given to two processes, at the same time."""
    found = [list(range(number, TENANTS, PROCESSES)) for number in range(PROCESSES)]
    for number in range(TWICE):
        found[(number + 1) % PROCESSES].append(number)
    return [sorted(numbers) for numbers in found]


def truths() -> dict[tuple[str, str, str], tuple[int, ...]]:
    return {
        (f"org{number}", row["account"], row["day_utc"]): tuple(row[name] for name in COUNTS)
        for number in range(TENANTS)
        for row in simulated(number).truth()
    }


def stored(root: Path) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    with read_published(root / "store", NOW) as published:
        rows = usage_sums(published, ["account", "day"])
    keys = ("tenant", "account", "day_utc")
    return {tuple(row[key] for key in keys): tuple(row[name] for name in COUNTS) for row in rows}


def test_every_tenant_ends_with_its_own_truth(tmp_path: Path) -> None:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.scale.test_shared_store", str(tmp_path)]
    processes = [
        subprocess.Popen(
            [*command, *map(str, numbers)], stderr=subprocess.PIPE, text=True, env=environment
        )
        for numbers in shares()
    ]
    told = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, told
    tenants = [config_of(tmp_path, number).tenants[0] for number in range(TENANTS)]
    with store_of(config_of(tmp_path, 0)) as store:
        build(store, tenants, NOW, lambda *_: None)
    wanted, found = truths(), stored(tmp_path)
    assert Counter(key[0] for key in found) == Counter(key[0] for key in wanted)
    assert found == wanted


if __name__ == "__main__":
    read_tenants(Path(sys.argv[1]), [int(argument) for argument in sys.argv[2:]])
