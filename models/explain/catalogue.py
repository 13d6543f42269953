"""The error catalogue: what a reply, a sign-in code, a state or a message means, and what mends it.

Cells that hold several things part them by ` || `: patterns that each suffice, steps of a fix. A
pattern occurs as whole words only, and its ` ... ` stands for anything short. A code that ends in
`other` is for what nothing else explains. Source: data/reference/error_catalogue.csv, every row
with its own source; `verified` is Microsoft's own word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

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
        return self.is_reply or self.is_sign_in

    @cached_property
    def is_reply(self) -> bool:
        """Whether the code is an SMTP reply, an enhanced code or a range of them."""
        return bool(CODE.fullmatch(self.code))

    @cached_property
    def is_sign_in(self) -> bool:
        """Whether the code is Entra ID's."""
        return self.code.startswith("AADSTS")

    @cached_property
    def is_catch_all(self) -> bool:
        """Whether it says no more than that something failed: it counts where nothing else does."""
        return self.code.endswith("other")

    @cached_property
    def basic(self) -> str | None:
        """The reply number, None where the code has none."""
        parts = CODE.fullmatch(self.code)
        return parts["basic"] if parts else None

    @cached_property
    def keys(self) -> frozenset[str]:
        """Enhanced codes (5.7.139), the bare reply (535) or the sign-in code that lead here."""
        return frozenset(_keys(self.code))

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
            for key in entry.keys:
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
    end = 0
    for number, word in enumerate(words):
        until = end + LONGEST_GAP + len(word) if number else len(text)
        at = _place(word, text, end, until)
        if at < 0:
            return False
        end = at + len(word)
    return True


def _place(word: str, text: str, start: int, until: int) -> int:
    """Where the word stands for itself, not inside a longer one; -1 where it does not."""
    at = text.find(word, start, until)
    while at >= 0 and not (_is_border(text, at) and _is_border(text, at + len(word))):
        at = text.find(word, at + 1, until)
    return at


def _is_border(text: str, at: int) -> bool:
    return not (text[max(at - 1, 0) : at].isalnum() and text[at : at + 1].isalnum())


def _length(words: Pattern) -> int:
    return sum(map(len, words))
