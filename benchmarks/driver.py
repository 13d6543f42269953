"""Memory of the process that hands out the tasks of a full build, as rows and accounts grow.

python benchmarks/driver.py [--jobs 2] [--days 30] [--master spark://…]
Results: days that were built. The peak is that of the driver alone, without its workers; with Spark
that of its Python. Bars: 4,000,000 rows at most 1.1 × of 1,000,000, 8,000 accounts at most 1.2 ×
of 1,000.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.inputs.store import ACCOUNTS, END, make
from benchmarks.measure import Measured, in_child, report, table
from hve_monitor.config import Config, Tenant
from models.build import build
from models.stretches.spark import spark_workers
from models.stretches.workers import Workers, local_workers
from warehouse.store import open_store

MEMORY_LIMIT = "2GB"


@dataclass(frozen=True)
class Size:
    """Rows of a store and the accounts that they are spread over; beside which other to look."""

    rows: int
    accounts: int
    beside: int
    bar: float


SIZES = (
    Size(1_000_000, ACCOUNTS, 0, 1.0),
    Size(4_000_000, ACCOUNTS, 0, 1.1),
    Size(2_000_000, 1_000, 2, 1.0),
    Size(2_000_000, 8_000, 2, 1.2),
)


def built(root: Path, jobs: int, master: str) -> int:
    """Builds everything in tasks; returns how many days."""
    tenant = Tenant(name="contoso", accounts="files", timezone="Europe/Berlin")
    now = END + timedelta(hours=1)
    with open_store(root, MEMORY_LIMIT) as store, _workers(jobs, master) as workers:
        return build(store, [tenant], now, lambda *_: None, full=True, workers=workers).days_rebuilt


@contextmanager
def _workers(jobs: int, master: str) -> Iterator[Workers]:
    if not master:
        with local_workers(jobs, MEMORY_LIMIT) as processes:
            yield processes
        return
    settings = {"spark.executor.memory": "512m", "spark.driver.memory": "512m"}
    spark = {"master": master, "settings": settings}
    values = {"warehouse": {"memory_limit": MEMORY_LIMIT}, "spark": spark}
    with spark_workers(Config.model_validate(values)) as executors:
        yield executors


def measured(size: Size, days: int, jobs: int, master: str) -> Measured:
    """A full build of a fresh store of that size, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "store"
        make(root, size.rows, days, size.accounts)
        return in_child(__file__, "built", str(root), str(jobs), master)


def main() -> None:
    """Measures every size, and prints each beside the smaller one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--master", default="")
    options = parser.parse_args()
    runs = [measured(size, options.days, options.jobs, options.master) for size in SIZES]
    lines = [("rows", "accounts", "seconds", "processor s", "driver MiB", "ratio", "bar")]
    for size, run in zip(SIZES, runs, strict=True):
        lines.append(
            (
                f"{size.rows:,}",
                f"{size.accounts:,}",
                f"{run.seconds:.1f}",
                f"{run.processor_seconds:.1f}",
                f"{run.peak_mib:.0f}",
                f"{run.peak_mib / runs[size.beside].peak_mib:.2f}",
                f"{size.bar:.1f}",
            )
        )
    print(table(lines))


if __name__ == "__main__":
    if sys.argv[1:2] == ["built"]:
        folder, jobs, master = sys.argv[2:]
        report(lambda: built(Path(folder), int(jobs), master))
    else:
        main()
