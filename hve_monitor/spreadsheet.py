"""CSV files that a spreadsheet opens without running anything in them.

Every cell is quoted, whatever it holds; where there is nothing there is none, so that programs can
tell it from an empty text. Where the list separator is `;` (German, French) or a tab, a spreadsheet
cuts a line there and at line ends, quoted or not: what would begin a cell then is guarded as well.

Source: OWASP, CSV Injection: a cell that begins with = + - @, a tab or a line break may run.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from hve_monitor.files import replaced

# Spreadsheets read the full-width and small forms as the signs, and drop what is not seen before.
UNSEEN = r"[\s\x00-\x20\x7f-\xa0\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
SIGN = r"[=+\-@\t\r\n＝＋－＠﹦﹢﹣﹫]"
FORMULA = re.compile(f"{UNSEEN}*{SIGN}")
# Quotes behind a separator begin a cell, and are not part of it.
DROPPED = rf"(?:(?![\t\r\n]){UNSEEN}|\")*+"
BEHIND_SEPARATOR = re.compile(rf"[;；](?={DROPPED}{SIGN})|[\t\r\n](?={DROPPED}(?![\t\r\n]){SIGN})")
SEPARATED = re.compile(r"[;；\t\r\n]")


def cell(value: object) -> object:
    """The value; an apostrophe stands before what could be a formula in a text. Null is empty."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return _exact(value)
    if not isinstance(value, str):
        return value
    text = BEHIND_SEPARATOR.sub(r"\g<0>'", value) if SEPARATED.search(value) else value
    return f"'{text}" if FORMULA.match(text) else text


def _exact(amount: Decimal) -> str:
    """All digits and a decimal point: a column of whole numbers would be read as integers."""
    text = f"{amount:f}"
    shortened = text.rstrip("0") if "." in text else f"{text}."
    return f"{shortened}0" if shortened.endswith(".") else shortened


def write_csv(path: Path, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Replaces a file for other programs, in UTF-8, and creates its folder.

    Raises: ConfigError when it cannot be written.
    """
    with (
        replaced(path, parents=True) as fresh,
        fresh.open("w", encoding="utf-8", newline="") as file,
    ):
        _write(file.write, names, rows, "\n")


def write_sheet(path: Path, names: Sequence[str], rows: Iterable[Mapping[str, object]]) -> int:
    """Replaces a file for people and returns how many rows it has.

    UTF-8 with a byte order mark, so that spreadsheets read names in every script.
    Raises: ConfigError when it cannot be written.
    """
    with (
        replaced(path) as fresh,
        fresh.open("w", encoding="utf-8-sig", errors="surrogatepass", newline="") as file,
    ):
        return _write(file.write, names, _values(rows, names))


def sheet(names: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """The bytes that `write_sheet` writes."""
    whole = io.BytesIO()
    write_rows(whole.write, names, rows)
    return whole.getvalue()


def write_rows(
    write: Callable[[bytes], object], names: Sequence[str], rows: Iterable[Mapping[str, object]]
) -> int:
    """Hands the bytes that `write_sheet` writes to a function, line by line; how many rows."""
    write(codecs.BOM_UTF8)
    return _write(
        lambda text: write(text.encode("utf-8", "surrogatepass")), names, _values(rows, names)
    )


def _values(
    rows: Iterable[Mapping[str, object]], names: Sequence[str]
) -> Iterable[Sequence[object]]:
    return ([row.get(name) for name in names] for row in rows)


def _write(
    write: Callable[[str], object],
    names: Sequence[str],
    rows: Iterable[Sequence[object]],
    end: str = "\r\n",
) -> int:
    count = 0
    write(",".join(map(_quoted, names)) + end)
    for row in rows:
        write(",".join(map(_written, row)) + end)
        count += 1
    return count


def _written(value: object) -> str:
    if value is None:
        return ""
    return _quoted(str(cell(value)))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
