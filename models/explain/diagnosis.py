"""What a text says went wrong: catalogue entries for a code, a bounce or a line, the best first.

`diagnose` is what `hve explain`, the pages, the readiness checks and the test-send ask.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Literal

from msgspec import UNSET, UnsetType

from hve_monitor.document import Document
from models.explain.catalogue import Catalogue, CatalogueEntry, read_catalogue
from models.explain.plain_text import plain_text
from models.explain.reply_codes import (
    ENHANCED,
    ReplyCode,
    program_numbers,
    reply_codes,
    sign_in_codes,
)

LONGEST_TEXT = 1_000_000
REPLY_PREFIX = re.compile(r"^[2-5][0-9]{2}[ -](?:[245]\.[0-9]{1,3}\.[0-9]{1,3} )?", re.MULTILINE)
JOINT = re.compile(r"_|(?<=[a-z0-9])(?=[A-Z])")  # CERT_HAS_EXPIRED, ConnectTimeoutException
NOTHING_FAILED = re.compile(
    r"\b(?:failed|failures|errors) ?[:=] ?0\b|\b(?:0|no|without) (?:failed|failures?|errors?)\b",
    re.IGNORECASE,
)
CLASS_KEYS = re.compile(r"([245])(?:\.([0-9]+)\.[0-9]+|[0-9]{2})")
SIGN_IN_CLASS, NUL_BODY = "AADSTS*", "exchange.403-nul-bytes"
SECURITY = "7"  # subject of an enhanced code

Matched = Literal["text", "code", "own", "possible", "class"]


class Rank(IntEnum):
    """How surely a text leads to an entry, the surest first.

    A code is whole with its reply number: 554 5.2.252 is another one than 550 5.2.252.
    """

    WORDS_OF_CODE = 1  # the code stands in the text, and the entry's words beside it
    CODE = 2
    WORDS_OF_OTHER_REPLY = 3  # the enhanced code, with another reply number or none
    OTHER_REPLY = 4
    WORDS = 5  # the text has no code that could speak against them
    BARE_REPLY = 6
    OWN = 7
    POSSIBLE = 8  # what a code that stands alone may mean besides
    CLASS = 9


MATCHED: dict[Rank, Matched] = {
    Rank.WORDS_OF_CODE: "text",
    Rank.CODE: "code",
    Rank.WORDS_OF_OTHER_REPLY: "text",
    Rank.OTHER_REPLY: "code",
    Rank.WORDS: "text",
    Rank.BARE_REPLY: "code",
    Rank.OWN: "own",
    Rank.POSSIBLE: "possible",
    Rank.CLASS: "class",
}


class Explanation(Document):
    """What a code means and what mends it; `fix` has one step a line.

    matched: the service's own words, its code, our own errors, what a lone code may mean besides,
    what the class of a code says. count, first_line: of a log, how many lines say so, and the
    number of the first (None where only several lines together say it).
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
    rank: Rank
    length: int = 0

    @property
    def matched(self) -> Matched:
        """The rank as documents name it."""
        return MATCHED[self.rank]

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
        return [Match(entry, NUL_BODY, Rank.CODE) for entry in catalogue.by_code[NUL_BODY]]
    lines = plain_text(text[:LONGEST_TEXT])
    codes = Codes.of(lines, catalogue)
    worded = _by_words(catalogue, lines, codes)
    matches = [*worded, *_by_replies(catalogue, codes, worded), *_by_sign_in(catalogue, codes)]
    best: dict[int, Match] = {}
    for match in sorted(_certain(matches), key=lambda match: (match.rank, -match.length)):
        best.setdefault(id(match.entry), match)
    return list(best.values())


def explain(text: str | None) -> Explanation | None:
    """The best explanation of a bounce text, None when the catalogue has nothing on it."""
    matches = diagnose(text or "")
    return matches[0].explanation() if matches else None


@dataclass(frozen=True)
class Codes:
    """The codes of a text. `is_alone`: it is nothing but an enhanced code."""

    replies: Sequence[ReplyCode]
    sign_in: Sequence[str]
    is_alone: bool

    @classmethod
    def of(cls, lines: str, catalogue: Catalogue) -> Codes:
        """The codes of plain lines."""
        is_alone = ENHANCED.fullmatch(lines.strip()) is not None
        return cls(reply_codes(lines), sign_in_codes(lines, catalogue.by_code), is_alone)

    def with_words(self, entry: CatalogueEntry) -> Rank | None:
        """The rank of an entry whose words occur; None where a code contradicts them."""
        if entry.is_sign_in and self.sign_in:
            return Rank.WORDS_OF_CODE if entry.code in self.sign_in else None
        failures = [code for code in self.replies if code.tells_failure]
        if not entry.is_reply or not failures:
            return Rank.OWN if entry.kind == "hve" else Rank.WORDS
        return min((rank for code in failures if (rank := _fit(entry, code))), default=None)


def _fit(entry: CatalogueEntry, code: ReplyCode) -> Rank | None:
    """How an entry whose words occur goes with a code of the text."""
    is_same_reply = code.basic == entry.basic
    if code.enhanced in entry.keys:
        is_exact = is_same_reply or entry.basic is None
        return Rank.WORDS_OF_CODE if is_exact else Rank.WORDS_OF_OTHER_REPLY
    return Rank.WORDS if code.enhanced is None and is_same_reply else None


def _shown(entry: CatalogueEntry, code: ReplyCode) -> str:
    """The code as the text has it, and the entry's where the text has less."""
    is_fuller = code.enhanced and (code.basic or "-" in entry.code)
    return code.shown if is_fuller else entry.code


def _by_words(catalogue: Catalogue, lines: str, codes: Codes) -> list[Match]:
    """By what the text says, also across the lines of one reply."""
    lines = NOTHING_FAILED.sub(" ", lines)  # a count of none is no failure
    whole = " ".join([*lines.lower().split(), *program_numbers(lines)])
    joined = " ".join(REPLY_PREFIX.sub("", lines).lower().split())
    texts = {whole, joined, " ".join(JOINT.sub(" ", lines).lower().split())}
    matches = []
    for entry in catalogue.worded:
        length = max(entry.matched_length(text) for text in texts)
        if length and (rank := codes.with_words(entry)):
            # Of catch-alls the order of the catalogue decides, not how long their words are.
            matches.append(Match(entry, entry.code, rank, 0 if entry.is_catch_all else length))
    return matches


def _certain(matches: list[Match]) -> list[Match]:
    """Without those that only say that something failed, where others say what."""
    return [match for match in matches if not match.entry.is_catch_all] or matches


def _by_replies(catalogue: Catalogue, codes: Codes, worded: Collection[Match]) -> Iterator[Match]:
    for code in codes.replies:
        entries = catalogue.by_code.get(code.key, [])
        if entries:
            yield from _coded(entries, code, codes, [match.entry for match in worded])
        elif code.enhanced or not worded:
            yield from _classes(catalogue, code)


def _by_sign_in(catalogue: Catalogue, codes: Codes) -> Iterator[Match]:
    for number in codes.sign_in:
        for entry in catalogue.by_code.get(number, catalogue.by_code[SIGN_IN_CLASS]):
            yield Match(entry, number, Rank.CLASS if entry.kind == "class" else Rank.CODE)


def _coded(
    entries: Sequence[CatalogueEntry],
    code: ReplyCode,
    codes: Codes,
    worded: Sequence[CatalogueEntry],
) -> Iterator[Match]:
    """The plain entry of a code; a code that stands alone may mean each of its variants."""
    proven = [entry for entry in entries if entry in worded]
    basics = {code.basic} if code.basic else {entry.basic for entry in proven}
    same = [entry for entry in entries if entry.basic in {*basics, None}] or entries
    plain = [entry for entry in same if not entry.patterns] or ([] if proven else same)
    for entry in same:
        if entry in plain:
            yield Match(entry, _shown(entry, code), _rank(entry, code))
        elif codes.is_alone:
            yield Match(entry, _shown(entry, code), Rank.POSSIBLE)


def _rank(entry: CatalogueEntry, code: ReplyCode) -> Rank:
    if code.enhanced is None:
        return Rank.BARE_REPLY
    return Rank.CODE if entry.basic in (code.basic, None) else Rank.OTHER_REPLY


def _classes(catalogue: Catalogue, code: ReplyCode) -> Iterator[Match]:
    """What RFC 3463 says of the class, then what the reply says without its enhanced code."""
    parts = CLASS_KEYS.fullmatch(code.key)
    subject = parts[2] if parts else None
    for entry in catalogue.by_code.get(f"{parts[1]}.x.x", []) if parts else []:
        subjects = catalogue.by_code.get(f"x.{subject}.x", [])
        meaning = ", ".join([entry.meaning, *(subject.meaning for subject in subjects)])
        yield Match(replace(entry, meaning=meaning), code.shown, Rank.CLASS, 1)
    # 550 says that the recipient does not exist or is refused, which is wrong of any x.7.x.
    for entry in catalogue.by_code.get(code.basic or "", []) if subject != SECURITY else []:
        yield Match(entry, code.shown, Rank.CLASS)
