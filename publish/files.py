"""Files for other programs: written beside their place and renamed into it, safe to open.

A reader never sees half a file. Texts that a spreadsheet would run as a formula get an apostrophe.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path

from hve_monitor.errors import ConfigError
from models.money import plain

# What spreadsheets read as the begin of a formula, also after white space that they drop.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A path beside the wanted one, renamed into its place when the block ends well.

    Raises: ConfigError when the folder cannot be made or written.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield fresh
        _sync(fresh)
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        with suppress(OSError):
            fresh.unlink()


def write_csv(path: Path, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A UTF-8 CSV file; numbers stay as they are, texts cannot run as formulas."""
    with replaced(path) as fresh, fresh.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([harmless(value) for value in row] for row in rows)


def write_text(path: Path, text: str) -> None:
    """A UTF-8 text file."""
    with replaced(path) as fresh:
        fresh.write_text(text, encoding="utf-8", newline="\n")


def harmless(value: object) -> object:
    """The value, with an apostrophe before a text that would be a formula; null is empty."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        # A column of whole numbers would be read as integers.
        text = plain(value) or ""
        return text if "." in text else f"{text}.0"
    if isinstance(value, str) and value.lstrip(" \u00a0").startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value


def _sync(file: Path) -> None:
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())
