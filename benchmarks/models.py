"""Builds on large stores, beside one plain GROUP BY over the same files.

python benchmarks/models.py [--rows 5000000 --days 9] [--keep FOLDER]
A build after a change is measured three times; the median is shown. Results: groups of plain, days
of full, rows/s of landing, milliseconds of the publication that ends a build after it.
Bars on two quiet cores: full build at most 8 × one GROUP BY by account, hour and status, 12 × where
days have half a million rows, within 4 GB. After 5,000 new rows of two days 2.5 s, after 50,000
changed statuses 3 s; 4 and 6 s with 50,000,000 rows, and at most 1.6 × of 1,000,000. Publication
after such a run 0.6 s. 50,000 changed statuses are landed at 100,000 rows/s.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.inputs.store import END, last_days, make
from benchmarks.measure import Measured, in_child, report, table

MEMORY_LIMIT = "2GB"


def plain(root: Path) -> int:
    """One hourly GROUP BY over all files."""
    from warehouse.connection import compute, files_sql
    from warehouse.store import open_store
    from warehouse.tables import MESSAGE_TRACES

    with (
        open_store(root, MEMORY_LIMIT) as store,
        compute(store.spill, MEMORY_LIMIT) as connection,
    ):
        files = files_sql(MESSAGE_TRACES, store.delta.files(MESSAGE_TRACES))
        rows = connection.execute(
            "select sender, date_trunc('hour', received_at), status, count(*)"
            f" from ({files}) group by all"
        ).fetchall()
    return len(rows)


def full(root: Path) -> int:
    """Every mart of every day; returns how many days."""
    return _build(root, full=True)[0]


def after_new_rows(root: Path) -> int:
    """Marts after what was landed, new or changed rows; returns milliseconds of publication."""
    return _build(root, full=False)[1]


def land_new(root: Path) -> int:
    """5,000 new rows of the last two days, as the others are; returns rows per second."""
    return _land(root, 5_000, f"'new-{time.time_ns()}-' || trace_id", "status")


def land_changes(root: Path) -> int:
    """50,000 rows of the last two days whose status changed; returns rows per second."""
    return _land(root, 50_000, "trace_id", "if(status = 'failed', 'delivered', 'failed')")


def active_bytes(root: Path) -> int:
    """Bytes of the fact files that the newest version names, and of the contact files."""
    from warehouse.store import open_store
    from warehouse.tables import MESSAGE_TRACES

    with open_store(root) as store:
        facts = [Path(file) for file in store.delta.files(MESSAGE_TRACES)]
    contacts = (root / "contacts").rglob("*.parquet")
    return sum(file.stat().st_size for file in (*facts, *contacts))


def _land(root: Path, count: int, trace_id: str, status: str) -> int:
    from warehouse.connection import arrow, compute, files_sql
    from warehouse.records.message_traces import land
    from warehouse.store import open_store
    from warehouse.tables import MESSAGE_TRACES

    with open_store(root, MEMORY_LIMIT) as store:
        files = files_sql(MESSAGE_TRACES, store.delta.files(MESSAGE_TRACES, None, last_days(2)))
        with compute(store.spill, MEMORY_LIMIT) as connection:
            rows = arrow(
                connection,
                f"select {trace_id} as trace_id, recipient, sender, received_at,"
                f" {status} as status, message_id, subject, size_bytes, from_ip, to_ip"
                f" from ({files})"
                f" where not starts_with(trace_id, 'new-') using sample {count} rows",
            )
        start = time.perf_counter()
        landed = land(store, "contoso", rows, END, "graph")
        seconds = time.perf_counter() - start
    return int((landed.new + landed.changed) / seconds)


def _build(root: Path, *, full: bool) -> tuple[int, int]:
    """Days that were rebuilt, milliseconds of publication."""
    from hve_monitor.config import Tenant
    from models.build import build
    from warehouse.store import open_store

    tenant = Tenant(name="contoso", accounts="files", timezone="Europe/Berlin")
    now, reached = END + timedelta(hours=1), dict[str, float]()

    def progress(step: str, _done: int, _total: int) -> None:
        reached[step] = time.perf_counter()

    with open_store(root, MEMORY_LIMIT) as store:
        days = build(store, [tenant], now, progress, full=full).days_rebuilt
        return days, round(1000 * (time.perf_counter() - reached["publish"]))


WAYS = {
    "plain": plain,
    "full": full,
    "land_new": land_new,
    "after_new_rows": after_new_rows,
    "land_changes": land_changes,
    "after_changes": after_new_rows,
}
ROUNDS = 3


def measured(root: Path) -> dict[str, Measured]:
    """Every way in a process of its own, in this order."""
    once = {way: in_child(__file__, way, str(root)) for way in [*WAYS][:2]}
    return once | after_landings(root)


def after_landings(root: Path) -> dict[str, Measured]:
    """What follows full, three times in turn; the median of its seconds counts."""
    runs: dict[str, list[Measured]] = {}
    for way in [*WAYS][2:] * ROUNDS:
        runs.setdefault(way, []).append(in_child(__file__, way, str(root)))
    return {
        way: replace(
            several[-1],
            seconds=statistics.median(run.seconds for run in several),
            processor_seconds=statistics.median(run.processor_seconds for run in several),
        )
        for way, several in runs.items()
    }


def main() -> None:
    """Measures each way in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--days", type=int, default=9)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = options.keep or Path(folder) / "store"
        make(root, options.rows, options.days)
        size = active_bytes(root)
        results = measured(root)
    base = results["plain"]
    lines = [("job", "seconds", "× GROUP BY", "processor s", "× its", "peak MiB", "result")]
    for way, run in results.items():
        lines.append(
            (
                way,
                f"{run.seconds:.2f}",
                f"{run.seconds / base.seconds:.1f}",
                f"{run.processor_seconds:.2f}",
                f"{run.processor_seconds / base.processor_seconds:.1f}",
                f"{run.peak_mib:.0f}",
                f"{run.result:,}",
            )
        )
    per_row = size / options.rows
    print(f"{options.rows:,} rows over {options.days} days, {per_row:.1f} bytes per row")
    print(table(lines))


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in WAYS:
        chosen = WAYS[sys.argv[1]]
        report(lambda: chosen(Path(sys.argv[2])))
    else:
        main()
