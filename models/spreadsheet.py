"""CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hve_monitor.errors import ConfigError

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> str:
    """The value; text that could start a formula gets a leading apostrophe."""
    if value is None:
        return ""
    shown = str(value)
    return f"'{shown}" if isinstance(value, str) and shown.startswith(DANGEROUS) else shown


def write_csv(file: Path, rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> int:
    """Writes the rows as they come and puts the file in place when it is whole; returns how many.

    UTF-8 with a byte order mark, so that spreadsheets read names in every script.
    Raises: ConfigError when the file cannot be written.
    """
    part, count = file.with_name(f"{file.name}.part"), 0
    try:
        with part.open("w", encoding="utf-8-sig", errors="surrogatepass", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow(columns)
            for row in rows:
                writer.writerow([cell(row.get(column)) for column in columns])
                count += 1
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigError(f"--out {file}: cannot be written ({error.strerror})") from None
    return count
