"""Delivery search on a large store, beside a plain SQLite table with an index for each search.

python benchmarks/search.py [--rows 5000000 --days 90] [--sqlite-rows 5000000] [--keep FOLDER]
Bars at 50,000,000 rows, median and slowest: by recipient over 30 days 0.15 and 0.3 s, by message id
or trace id without a date 0.1 and 0.2 s, by sender and day 0.5 s, the opening of the published file
included. The process is warm: it has searched before, for something else. The SQLite table may hold
fewer rows; it gets the newest days. Seconds of the processor stand beside: where they are far
fewer, others were using the machine.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from warehouse.reading import read_published

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.inputs.store import END, make
from benchmarks.measure import in_child, report, table
from benchmarks.models import active_bytes

MEMORY_LIMIT = "2GB"
VALUES = 5
COLUMNS = "trace_id, recipient, sender, received_at, status, message_id, subject, from_ip"
NOW = END + timedelta(hours=1)
Seconds = dict[str, list[tuple[float, float]]]  # by search: wall and processor of each value
SEARCHES = ("recipient over 30 days", "message id", "trace id", "sender and day")


def publish_store(root: Path) -> None:
    """Publishes the facts without building a mart: a search reads nothing else."""
    from models.build import offer_models
    from models.reference.book import shipped_reference
    from warehouse.publication import publish
    from warehouse.store import open_store

    with open_store(root, MEMORY_LIMIT) as store:
        publish(store, NOW, partial(offer_models, reference=shipped_reference()))


def samples(root: Path) -> list[dict[str, str]]:
    """Rows of the newest day that the searches look for."""
    from warehouse.reading import published_connection

    day = END.date() - timedelta(days=1)
    with published_connection(root) as connection:
        rows = connection.execute(
            "select recipient, message_id, sender, trace_id from raw.message_traces"
            f" where day = date '{day}' and hash(trace_id) % 1000 = 1 limit {VALUES}"
        ).fetchall()
    names = ("recipient", "message_id", "sender", "trace_id")
    return [dict(zip(names, row, strict=True)) for row in rows]


def duckdb_search(root: Path, conditions: dict[str, Any]) -> int:
    """One search as the command does it, from opening the file to the rows."""
    from models.delivery.conditions import TraceFilter
    from models.delivery.search import search_traces

    with read_published(root, NOW) as published:
        return len(search_traces(published, TraceFilter(**conditions), 1000).rows)


def store_searches(root: Path, rows: list[dict[str, str]]) -> Seconds:
    """Seconds of every search in the store."""
    month, day = END - timedelta(days=30), END - timedelta(days=1)
    builders: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
        SEARCHES[0]: lambda row: {"recipient": row["recipient"], "since": month, "until": END},
        SEARCHES[1]: lambda row: {"message_id": row["message_id"]},
        SEARCHES[2]: lambda row: {"id": row["trace_id"]},
        SEARCHES[3]: lambda row: {"sender": row["sender"], "since": day, "until": END},
    }
    for build in builders.values():
        duckdb_search(root, build(dict.fromkeys(rows[0], "nobody@contoso.com")))
    return {
        name: [_seconds(lambda: duckdb_search(root, build(row))) for row in rows]  # noqa: B023 - called at once
        for name, build in builders.items()
    }


def fill_sqlite(root: Path, rows: int, days: int) -> int:
    """The newest rows in one SQLite table with four indexes; returns its bytes."""
    from warehouse.reading import published_connection

    target = root / "plain.sqlite"
    target.unlink(missing_ok=True)
    plain = sqlite3.connect(target)
    plain.execute("pragma journal_mode = off")
    plain.execute("pragma synchronous = off")
    plain.execute(f"create table traces ({COLUMNS})")
    with published_connection(root) as connection:
        taken = max(1, days * rows // _row_count(connection))
        first = END.date() - timedelta(days=taken)
        newest = connection.execute(
            f"select * replace (strftime(received_at, '%Y-%m-%dT%H:%M:%S') as received_at)"
            f" from (select {COLUMNS} from raw.message_traces where day >= date '{first}')"
        )
        while batch := newest.fetchmany(50_000):
            plain.executemany("insert into traces values (?, ?, ?, ?, ?, ?, ?, ?)", batch)
    for name in ("recipient, received_at", "message_id", "trace_id", "sender, received_at"):
        plain.execute(f"create index by_{name.split(',')[0]} on traces ({name})")
    plain.commit()
    plain.close()
    return target.stat().st_size


def _row_count(connection: Any) -> int:
    return int(connection.execute("select count(*) from raw.message_traces").fetchone()[0])


def sqlite_searches(root: Path, rows: list[dict[str, str]]) -> Seconds:
    """Seconds of the same searches in the SQLite table."""
    month, day = (f"{END - timedelta(days=days):%Y-%m-%dT%H:%M:%S}" for days in (30, 1))
    newest = "order by received_at desc, trace_id, recipient limit 1000"
    builders: dict[str, tuple[str, Callable[[dict[str, str]], list[str]]]] = {
        SEARCHES[0]: (
            "recipient = ? and received_at >= ?",
            lambda row: [row["recipient"], month],
        ),
        SEARCHES[1]: ("message_id = ?", lambda row: [row["message_id"]]),
        SEARCHES[2]: ("trace_id = ?", lambda row: [row["trace_id"]]),
        SEARCHES[3]: ("sender = ? and received_at >= ?", lambda row: [row["sender"], day]),
    }

    def search(where: str, values: list[str]) -> None:
        connection = sqlite3.connect(root / "plain.sqlite")
        connection.execute(f"select * from traces where {where} {newest}", values).fetchall()
        connection.close()

    return {
        name: [_seconds(lambda: search(where, build(row))) for row in rows]  # noqa: B023 - called at once
        for name, (where, build) in builders.items()
    }


def _seconds(job: Callable[[], Any]) -> tuple[float, float]:
    """Seconds on the wall and of the processor."""
    start, used = time.perf_counter(), time.process_time()
    job()
    return time.perf_counter() - start, time.process_time() - used


def main() -> None:
    """Makes or takes a store, searches it, fills the plain table, searches that."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--sqlite-rows", type=int, default=5_000_000)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = options.keep or Path(folder) / "store"
        make(root, options.rows, options.days)
        publish_store(root)
        rows = json.dumps(samples(root))
        ours = in_child(__file__, "store", str(root), rows)
        plain_rows = min(options.rows, options.sqlite_rows)
        size = fill_sqlite(root, plain_rows, options.days)
        plain = in_child(__file__, "sqlite", str(root), rows)
        (root / "plain.sqlite").unlink()
        print(
            f"{options.rows:,} rows over {options.days} days,"
            f" {active_bytes(root) / options.rows:.1f} bytes per row;"
            f" SQLite: {plain_rows:,} rows, {size / 2**30:.1f} GiB"
        )
    head = ("search", "store: slowest s", "median s", "processor s", "SQLite: slowest s", "ratio")
    lines = [head]
    for name in SEARCHES:
        runs = sorted(ours.result[name])
        (slow, _), (median, _), base = runs[-1], runs[len(runs) // 2], max(plain.result[name])[0]
        used = max(run[1] for run in runs)
        numbers = (f"{slow:.3f}", f"{median:.3f}", f"{used:.3f}", f"{base:.4f}")
        lines.append((name, *numbers, f"{slow / base:.0f}"))
    print(f"peak of the store's process: {ours.peak_mib:.0f} MiB")
    print(table(lines))


WAYS = {"store": store_searches, "sqlite": sqlite_searches}

if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in WAYS:
        chosen = WAYS[sys.argv[1]]
        report(lambda: chosen(Path(sys.argv[2]), json.loads(sys.argv[3])))
    else:
        main()
