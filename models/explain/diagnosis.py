"""What a text says went wrong: catalogue entries for a code, a bounce or a line, the best first.

`diagnose` is what `hve explain`, the pages, the readiness checks and the test-send ask.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from msgspec import UNSET, UnsetType

from hve_monitor.document import Document
from models.explain.catalogue import Catalogue, CatalogueEntry, read_catalogue
from models.explain.reply_codes import ENHANCED, ReplyCode, reply_codes, sign_in_codes

LONGEST_TEXT = 1_000_000
SOFT_BREAK = re.compile(r"=\r?\n")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
QUOTE = re.compile(r"^[> \t]+", re.MULTILINE)
REPLY_PREFIX = re.compile(r"^[2-5][0-9]{2}[ -](?:[245]\.[0-9]{1,3}\.[0-9]{1,3} )?", re.MULTILINE)
APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'"})
CLASS_KEYS = re.compile(r"([245])(?:\.([0-9]+)\.[0-9]+|[0-9]{2})")
ANY_OWN = "hve.other"
SIGN_IN_CLASS, NUL_BODY = "AADSTS*", "exchange.403-nul-bytes"

# In the order of rank: the service's own words, its codes, our own errors, variants of a bare code
# that could be meant, and what a code's class says.
Matched = Literal["text", "code", "own", "possible", "class"]
RANKS: tuple[Matched, ...] = ("text", "code", "own", "possible", "class")


class Explanation(Document):
    """What a code means and what mends it; `fix` has one step a line.

    count, first_line: of a log, how many lines say so, and the number of the first (None where
    only several lines together say it).
    """

    code: str
    meaning: str
    cause: str
    fix: str
    verified: bool
    source: str
    source_url: str
    kind: str
    audience: tuple[str, ...]
    matched: Matched
    count: int | UnsetType = UNSET
    first_line: int | UnsetType | None = UNSET


@dataclass(frozen=True)
class Match:
    """An entry and how the text led to it; `code` is the entry's, or the one in the text."""

    entry: CatalogueEntry
    code: str
    matched: Matched
    length: int = 0

    def explanation(self) -> Explanation:
        """The match for a reader."""
        entry = self.entry
        return Explanation(
            code=self.code,
            meaning=entry.meaning,
            cause=entry.cause,
            fix=entry.fix,
            verified=entry.verified,
            source=entry.source,
            source_url=entry.source_url,
            kind=entry.kind,
            audience=entry.audience,
            matched=self.matched,
        )


def diagnose(text: str) -> list[Match]:
    """Entries that the text leads to, the most specific first; empty when nothing is recognised.

    text: a code, an SMTP reply of any number of lines, a whole bounce, a log line, one of our own
    errors. A code that the catalogue lacks gets what its class says.
    """
    catalogue = read_catalogue()
    if text and not text.strip("\0"):
        return [Match(entry, NUL_BODY, "code") for entry in catalogue.by_code[NUL_BODY]]
    lines = _lines(text[:LONGEST_TEXT])
    matches = [*_by_words(catalogue, lines), *_by_codes(catalogue, lines)]
    best: dict[int, Match] = {}
    for match in sorted(matches, key=_rank):
        best.setdefault(id(match.entry), match)
    return list(best.values())


def explain(text: str | None) -> Explanation | None:
    """The best explanation of a bounce text, None when the catalogue has nothing on it."""
    matches = diagnose(text or "")
    return matches[0].explanation() if matches else None


def _rank(match: Match) -> tuple[int, int]:
    return RANKS.index(match.matched), -match.length


def _lines(text: str) -> str:
    """The text without what hides its words: soft breaks, marks of direction, tags, quotes."""
    text = INVISIBLE.sub("", SOFT_BREAK.sub("", text))
    text = CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return QUOTE.sub("", html.unescape(TAG.sub(" ", text))).translate(APOSTROPHES)


def _by_words(catalogue: Catalogue, lines: str) -> list[Match]:
    """By what the text says, also across the lines of one reply."""
    whole = " ".join(lines.lower().split())
    joined = " ".join(REPLY_PREFIX.sub("", lines).lower().split())
    matches = []
    for entry in catalogue.worded:
        length = max(entry.matched_length(whole), entry.matched_length(joined))
        if length:
            matched: Matched = "own" if entry.kind == "hve" else "text"
            matches.append(Match(entry, entry.code, matched, length))
    return [match for match in matches if match.code != ANY_OWN] or matches


def _by_codes(catalogue: Catalogue, lines: str) -> Iterator[Match]:
    alone = ENHANCED.fullmatch(lines.strip()) is not None
    for code in reply_codes(lines):
        entries = catalogue.by_code.get(code.key, [])
        yield from _coded(entries, code, alone=alone)
        if not entries:
            yield from _classes(catalogue, code)
    for number in sign_in_codes(lines):
        for entry in catalogue.by_code.get(number, catalogue.by_code[SIGN_IN_CLASS]):
            yield Match(entry, number, "class" if entry.kind == "class" else "code")


def _coded(entries: Sequence[CatalogueEntry], code: ReplyCode, *, alone: bool) -> Iterator[Match]:
    """The plain entry of a code; a code that stands alone may mean each of its variants."""
    plain = [entry for entry in entries if not entry.patterns] or entries
    for entry in entries:
        shown = code.shown if code.basic or "-" in entry.code else entry.code
        if entry in plain:
            yield Match(entry, shown, "code", int(entry.code == code.shown))
        elif alone:
            yield Match(entry, shown, "possible")


def _classes(catalogue: Catalogue, code: ReplyCode) -> Iterator[Match]:
    """What the reply says without its enhanced code, and what RFC 3463 says of the class."""
    for entry in catalogue.by_code.get(code.basic or "", []):
        yield Match(entry, code.shown, "class", 1)
    parts = CLASS_KEYS.fullmatch(code.key)
    for entry in catalogue.by_code.get(f"{parts[1]}.x.x", []) if parts else []:
        subjects = catalogue.by_code.get(f"x.{parts[2]}.x", []) if parts else []
        meaning = ", ".join([entry.meaning, *(subject.meaning for subject in subjects)])
        yield Match(replace(entry, meaning=meaning), code.shown, "class")
