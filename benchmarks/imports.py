"""Read an enhanced summary in UTF-16LE as typed trace rows, beside DuckDB's read_csv of its UTF-8.

python benchmarks/imports.py [--rows 2000000]
Bars: at least 0.4 of the speed of read_csv, which neither decodes nor splits nor types
anything; memory that does not grow with the file (the same is measured on a tenth of it).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.measure import in_child, report, table

HEADER = (
    "origin_timestamp_utc,sender_address,recipient_status,message_subject,total_bytes,message_id,"
    "network_message_id,original_client_ip,directionality,connector_id,delivery_priority\r\n"
)
AT_ONCE = 10_000


def write_exports(folder: Path, rows: int, name: str) -> None:
    """The same export twice: as the admin center writes it, and in UTF-8 for read_csv."""
    wide = (folder / f"{name}-utf16.csv").open("w", encoding="utf-16-le", newline="")
    plain = (folder / f"{name}-utf8.csv").open("w", encoding="utf-8", newline="")
    with wide, plain:
        wide.write(HEADER)
        plain.write(HEADER)
        for start in range(0, rows, AT_ONCE):
            text = "".join(_line(number) for number in range(start, min(start + AT_ONCE, rows)))
            wide.write(text)
            plain.write(text)


def _line(number: int) -> str:
    """One message; every tenth has three recipients, some of which fail."""
    recipients = 3 if number % 10 == 0 else 1
    status = ";".join(
        f"employee{(number * 7919 + n) % 40000}@contoso.com##Receive, "
        + ("Fail" if (number + n) % 50 == 0 else "Deliver")
        for n in range(recipients)
    )
    day, second = 1 + number * 28 // 10_000_000 % 28, number % 60
    return (
        f"2026-10-{day:02}T{number // 3600 % 24:02}:{number // 60 % 60:02}:{second:02}.1234567Z,"
        f'app{number % 30}@contoso.com,"{status}","Notification, ""batch"" {number % 500}",'
        f"{20000 + number % 9000},<{number:x}@contoso.com>,"
        f"00000000-0000-4000-8000-{number:012x},192.0.2.{number % 250},Originating,,Normal\r\n"
    )


def ours(file: Path) -> Callable[[], list[int]]:
    """What an import does before it lands: decode, parse, split recipients, type."""
    from ingest.files.formats.containers import members
    from ingest.files.formats.reading import Reader, Rows
    from warehouse.connection import compute

    def job() -> list[int]:
        lines = rows = 0
        with compute(file.parent / "spill") as connection:
            reader = Reader(connection, datetime(2026, 11, 1, tzinfo=UTC))
            for member in members(file):
                for part in reader.read(member):
                    assert isinstance(part, Rows)  # noqa: S101 - tells the type
                    rows += part.table.num_rows
                    lines = part.table["line"][-1].as_py() - 1
        return [lines, rows]

    return job


def plain(file: Path) -> Callable[[], list[int]]:
    """read_csv of the UTF-8 file into Arrow batches of text."""
    import duckdb
    import pyarrow as pa

    def job() -> list[int]:
        connection = duckdb.connect()
        query = f"select * from read_csv('{file}', header = true, all_varchar = true)"
        reader: pa.RecordBatchReader = connection.sql(query).to_arrow_reader(200_000)
        lines = sum(batch.num_rows for batch in reader)
        return [lines, lines]

    return job


def main() -> None:
    """Measures both, each in processes of their own, three times in turn; prints the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", nargs="?", choices=["ours", "plain"])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--rows", type=int, default=2_000_000)
    options = parser.parse_args()
    if options.way:
        report({"ours": ours, "plain": plain}[options.way](options.file))
        return
    with tempfile.TemporaryDirectory() as folder:
        write_exports(Path(folder), options.rows, "whole")
        write_exports(Path(folder), options.rows // 10, "tenth")
        print(compared(Path(folder), options.rows))


def compared(folder: Path, rows: int) -> str:
    """The table of both ways and the ratios."""
    runs = [
        (
            in_child(__file__, "plain", str(folder / "whole-utf8.csv")),
            in_child(__file__, "ours", str(folder / "whole-utf16.csv")),
        )
        for _ in range(3)
    ]
    plainly, our = (sorted(way, key=lambda run: run.seconds)[1] for way in zip(*runs, strict=True))
    small = in_child(__file__, "ours", str(folder / "tenth-utf16.csv"))
    if our.result[0] != rows or plainly.result[0] != rows:
        raise SystemExit(f"lines read: ours {our.result[0]}, read_csv {plainly.result[0]}")
    shown = [("way", "lines", "rows", "seconds", "lines/s", "peak MiB")]
    for name, run in (
        ("hve import, UTF-16LE", our),
        ("a tenth of it", small),
        ("read_csv", plainly),
    ):
        lines, typed = run.result
        speed = f"{lines / run.seconds:,.0f}"
        shown.append(
            (name, f"{lines:,}", f"{typed:,}", f"{run.seconds:.2f}", speed, f"{run.peak_mib:.0f}")
        )
    ratio, growth = plainly.seconds / our.seconds, our.peak_mib / small.peak_mib
    return (
        f"{table(shown)}\n\nspeed beside read_csv: {ratio:.2f}× (bar 0.4×);"
        f" memory beside a tenth of the file: {growth:.2f}× (bar 1.25×)"
    )


if __name__ == "__main__":
    main()
