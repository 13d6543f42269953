"""The error catalogue: what a reply, a sign-in code, a state or a message means, and what mends it.

Cells that hold several things part them by ` || `: patterns that each suffice, steps of a fix. A
pattern's ` ... ` stands for anything short. Source: data/reference/error_catalogue.csv, every row
with its own source; `verified` is Microsoft's own word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

from hve_monitor.files import reference_rows

PARTS, GAP = " || ", " ... "
LONGEST_GAP = 200
CODE = re.compile(
    r"(?:(?P<basic>[2-5]\d\d) ?)?(?:(?P<enhanced>[245]\.\d+\.)(?P<low>\d+)(?:-(?P<high>\d+))?)?"
)

Pattern = tuple[str, ...]


@dataclass(frozen=True)
class CatalogueEntry:
    """One row. `patterns` are in lower case; without any the code alone leads here."""

    code: str
    kind: str
    patterns: tuple[Pattern, ...]
    meaning: str
    cause: str
    fix: str
    audience: tuple[str, ...]
    verified: bool
    source: str
    source_url: str

    @cached_property
    def words(self) -> tuple[Pattern, ...]:
        """What must occur in a text: the patterns, and a code that is a name."""
        named = () if self.is_numbered or self.kind == "class" else ((self.code.lower(),),)
        return (*self.patterns, *named)

    @cached_property
    def is_numbered(self) -> bool:
        """Whether the code is an SMTP reply or a sign-in code."""
        return bool(CODE.fullmatch(self.code)) or self.code.startswith("AADSTS")

    def matched_length(self, text: str) -> int:
        """Letters of the longest pattern that occurs in the lower-case text; 0 without any."""
        return max((_length(words) for words in self.words if _occurs(words, text)), default=0)


@dataclass(frozen=True)
class Catalogue:
    """Every entry, and the ways to them by code."""

    entries: tuple[CatalogueEntry, ...]

    @cached_property
    def by_code(self) -> dict[str, list[CatalogueEntry]]:
        """Entries by enhanced code (5.7.139), bare reply (535) or sign-in code (AADSTS53003)."""
        entries: dict[str, list[CatalogueEntry]] = {}
        for entry in self.entries:
            for key in _keys(entry.code):
                entries.setdefault(key, []).append(entry)
        return entries

    @cached_property
    def worded(self) -> tuple[CatalogueEntry, ...]:
        """Entries that words lead to."""
        return tuple(entry for entry in self.entries if entry.words)


@cache
def read_catalogue() -> Catalogue:
    """The catalogue of the product."""
    return Catalogue(tuple(map(_entry, reference_rows("error_catalogue"))))


def _entry(row: dict[str, str]) -> CatalogueEntry:
    patterns = [part for part in row["pattern"].lower().split(PARTS) if part]
    return CatalogueEntry(
        code=row["code"],
        kind=row["kind"],
        patterns=tuple(tuple(part.split(GAP)) for part in patterns),
        meaning=row["meaning"],
        cause=row["cause"],
        fix="\n".join(row["fix"].split(PARTS)),
        audience=tuple(row["audience"].split()),
        verified=row["verified"] == "true",
        source=row["source"],
        source_url=row["source_url"],
    )


def _keys(code: str) -> Iterator[str]:
    """The code without its reply number; every number of a range."""
    parts = CODE.fullmatch(code)
    if parts is None:
        yield code
    elif parts["enhanced"] is None:
        yield parts["basic"]
    else:
        low = int(parts["low"])
        for number in range(low, int(parts["high"] or low) + 1):
            yield f"{parts['enhanced']}{number}"


def _occurs(words: Pattern, text: str) -> bool:
    at = text.find(words[0])
    for before, word in pairwise(words):
        if at < 0:
            return False
        start = at + len(before)
        at = text.find(word, start, start + LONGEST_GAP + len(word))
    return at >= 0


def _length(words: Pattern) -> int:
    return sum(map(len, words))
