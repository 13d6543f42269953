"""CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from models.spreadsheet import cell


def csv_bytes(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> bytes:
    """UTF-8 CSV with a byte order mark, so that spreadsheets read names in every script."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(column)) for column in columns])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "surrogatepass")
