"""Decode and land Graph pages, beside json.loads + pandas into a DuckDB file.

python benchmarks/ingest.py [--rows 2000000]
Bars: at least 200,000 rows/s, at least 2.5 times the plain way, at most 700 MB.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.measure import in_child, report, table

PAGE_ROWS = 5000
START = datetime(2026, 8, 1, tzinfo=UTC)
END = START + timedelta(days=90)
STATUSES = ("delivered",) * 97 + ("failed", "pending", "quarantined")


def write_pages(folder: Path, rows: int) -> None:
    """Pages as Graph sends them: 30 accounts, newest first, random ids."""
    folder.mkdir(parents=True)
    pages = rows // PAGE_ROWS
    for page in range(pages):
        newest = START + (END - START) * ((pages - page) / pages)
        value = [
            _row(newest - timedelta(seconds=i * 3), page * PAGE_ROWS + i) for i in range(PAGE_ROWS)
        ]
        (folder / f"{page:05}.json").write_bytes(json.dumps({"value": value}).encode())


def _row(received: datetime, number: int) -> dict[str, object]:
    identity = uuid.UUID(int=((number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC834) % 2**128)
    return {
        "id": str(identity),
        "senderAddress": f"app{number % 30}@contoso.com",
        "recipientAddress": f"employee{number * 7919 % 40000}@contoso.com",
        "messageId": f"<{identity.hex}@contoso.com>",
        "receivedDateTime": received.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "subject": f"Notification {number % 500}",
        "size": 20000 + number % 9000,
        "fromIP": "192.0.2.10",
        "toIP": "",
        "status": STATUSES[number % 100],
    }


def ours(pages: Path, work: Path) -> int:
    """What the message trace source does with its pages: decode, commit in large batches."""
    import msgspec

    from ingest.graph.trace_buffer import TraceBuffer
    from ingest.graph.trace_pages import TracePage
    from ingest.source import SourceResult
    from warehouse.store import open_store

    result, decoder = SourceResult("message_traces", "contoso"), msgspec.json.Decoder(TracePage)
    with open_store(work / "store") as store:
        buffer = TraceBuffer(store, "contoso", END, result)
        for page in sorted(pages.iterdir()):
            buffer.add(decoder.decode(page.read_bytes()).value, page.name)
        buffer.close()
    return result.rows_new


def plain(pages: Path, work: Path) -> int:
    """json.loads, a data frame per page, INSERT into a DuckDB file."""
    import duckdb
    import pandas as pd

    connection = duckdb.connect(str(work / "plain.duckdb"))
    for number, page in enumerate(sorted(pages.iterdir())):
        frame = pd.DataFrame(json.loads(page.read_bytes())["value"])  # noqa: F841 - DuckDB reads it by name
        if number == 0:
            connection.execute("create table traces as select * from frame limit 0")
        connection.execute("insert into traces select * from frame")
    return int(connection.execute("select count(*) from traces").fetchall()[0][0])


def main() -> None:
    """Measures both ways and prints the ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=2_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write_pages(work / "pages", rows)
        results = {}
        for way in ("plain", "ours"):
            results[way] = in_child(__file__, way, str(work / "pages"), str(work))
            if results[way].result != rows:
                raise SystemExit(f"{way} stored {results[way].result} of {rows} rows")
        size = sum(f.stat().st_size for f in (work / "store/facts").rglob("*.parquet"))
        shutil.rmtree(work / "pages")
    lines = [("way", "rows/s", "peak MiB", "× plain")]
    for way, run in results.items():
        ratio = results["plain"].seconds / run.seconds
        lines.append((way, f"{rows / run.seconds:,.0f}", f"{run.peak_mib:.0f}", f"{ratio:.2f}"))
    print(table(lines))
    print(f"store: {size / rows:.1f} bytes per row")


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in ("ours", "plain"):
        way = {"ours": ours, "plain": plain}[sys.argv[1]]
        report(lambda: way(Path(sys.argv[2]), Path(sys.argv[3])))
    else:
        main()
