"""Builds on large stores, beside one plain GROUP BY over the same files.

python benchmarks/models.py [--rows 5000000 --days 9] [--keep FOLDER]
Bars: full build at most 15 × one hourly GROUP BY and 4 GB; after 5,000 new rows at most 3 s;
50,000 status changes at 100,000 rows/s or more. The last two hardly grow with the store.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.inputs.store import END, last_days, make
from benchmarks.measure import in_child, report, table

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
    """Every mart of every day."""
    return _build(root, full=True)


def after_new_rows(root: Path) -> int:
    """Marts after 5,000 rows that `land_new` has landed."""
    return _build(root, full=False)


def land_new(root: Path) -> int:
    """5,000 new rows of the last two days; returns rows per second."""
    return _land(root, 5_000, "select 'new-' || trace_id as trace_id")


def land_changes(root: Path) -> int:
    """50,000 rows of the last two days whose status changed; returns rows per second."""
    return _land(root, 50_000, "select trace_id")


def active_bytes(root: Path) -> int:
    """Bytes of the fact files that the newest version names."""
    from warehouse.store import open_store
    from warehouse.tables import MESSAGE_TRACES

    with open_store(root) as store:
        return sum(Path(file).stat().st_size for file in store.delta.files(MESSAGE_TRACES))


def _land(root: Path, count: int, select: str) -> int:
    from warehouse.connection import arrow, compute, files_sql
    from warehouse.records.message_traces import land
    from warehouse.store import open_store
    from warehouse.tables import MESSAGE_TRACES

    with open_store(root, MEMORY_LIMIT) as store:
        files = files_sql(MESSAGE_TRACES, store.delta.files(MESSAGE_TRACES, None, last_days(2)))
        with compute(store.spill, MEMORY_LIMIT) as connection:
            rows = arrow(
                connection,
                f"{select}, recipient, sender, received_at,"
                " if(status = 'failed', 'delivered', 'failed') as status,"
                f" message_id, subject, size_bytes, from_ip, to_ip from ({files})"
                f" where not starts_with(trace_id, 'new-') using sample {count} rows",
            )
        start = time.perf_counter()
        landed = land(store, "contoso", rows, END, "graph")
        seconds = time.perf_counter() - start
    return int((landed.new + landed.changed) / seconds)


def _build(root: Path, *, full: bool) -> int:
    from hve_monitor.config import Tenant
    from models.build import build
    from warehouse.store import open_store

    tenant = Tenant(name="contoso", accounts="files", timezone="Europe/Berlin")
    now = END + timedelta(hours=1)
    with open_store(root, MEMORY_LIMIT) as store:
        return build(store, [tenant], now, lambda *_: None, full=full).days_rebuilt


WAYS = {
    "plain": plain,
    "full": full,
    "land_changes": land_changes,
    "after_changes": after_new_rows,
    "land_new": land_new,
    "after_new_rows": after_new_rows,
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
        results = {way: in_child(__file__, way, str(root)) for way in WAYS}
    base = results["plain"].seconds
    lines = [("job", "seconds", "× GROUP BY", "peak MiB", "groups, days, rows/s")]
    for way, run in results.items():
        lines.append(
            (
                way,
                f"{run.seconds:.2f}",
                f"{run.seconds / base:.1f}",
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
