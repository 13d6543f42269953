"""Texts that a spreadsheet may run, and a judge of CSV files that knows nothing of our guard.

Source: OWASP, CSV Injection.
"""

from __future__ import annotations

import csv
import io
import unicodedata

SIGNS = "=+-@\t\r\n＝＋－＠﹦﹢﹣﹫"
SPACES = ("", " ", "  ", "\u00a0", "\u3000", "\u2003", "\u202f", "\u2028", "\u200b", "\ufeff",
          "\x0b", "\x00", " \u00a0\u2009")  # fmt: skip
FORMULAS = tuple(f"{space}{sign}1+1" for space in SPACES for sign in SIGNS)


def cells(document: bytes) -> list[str]:
    """All cells of a CSV file below its head."""
    text = io.StringIO(document.decode("utf-8-sig", "surrogatepass"), newline="")
    return [cell for row in list(csv.reader(text))[1:] for cell in row]


def running(document: bytes) -> list[str]:
    """The cells of a CSV file that a spreadsheet may run."""
    return [cell for cell in cells(document) if cell and may_run(cell)]


def may_run(cell: str) -> bool:
    """Whether a spreadsheet may take a cell for a formula."""
    seen = [sign for sign in cell if unicodedata.category(sign)[0] not in "CZ"]
    return cell[0] in "\t\r\n" or unicodedata.normalize("NFKC", "".join(seen[:1])) in set("=+-@")
