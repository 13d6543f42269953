"""Failures in a log of any size: how often each occurs and in which line first.

The log is read in blocks; RE2 (through Arrow) finds the few lines that say anything at all, and
only those are diagnosed. Memory does not grow with the log.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from models.explain.catalogue import read_catalogue
from models.explain.diagnosis import Explanation, Match, diagnose
from models.explain.plain_text import unescaped
from models.explain.reply_codes import BEFORE_REPLY, CURL_ERROR, SOCKET_ERROR

BLOCK, LONGEST_LINE = 4_194_304, 65_536
LONGEST_SCREEN = 19_500
MOST_FOLDED, MOST_CODES = 20, 10_000
CODES = (
    r"(?:^|[^0-9A-Za-z.])[45]\.[0-9]{1,3}\.[0-9]{1,3}(?:[^0-9.]|\.[^0-9]|\.?$)",
    r"aadsts[0-9]",
    r"error[_ ]?codes?[^0-9A-Za-z]{1,5}[0-9]{5}",
    SOCKET_ERROR,
    CURL_ERROR,
    BEFORE_REPLY + r"[45][0-9]{2}(?:[ \-:)\"',]|$)",
)
FOLDED = re.compile(rb"[ \t]")
MULTI_LINE = re.compile(rb"([2-5][0-9][0-9])-")
# What differs between two lines about the same failure: times, addresses, queue ids.
CHANGING = (
    r"\b(?:\d{4}-\d\d-\d\d[T\d:.+Z-]*|\d{1,2}:\d\d:\d\d[\d.+Z-]*|\d{1,3}(?:\.\d{1,3}){3}\b"
    r"|[0-9A-Fa-f]{8,}\b)|\[\d+\]|[^\s@<,;\"'|=(]*@[^\s>,;\"'|)]*"
)


class Readable(Protocol):
    """What gives bytes."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""
        ...


@dataclass
class LogFailure:
    """One kind of failure: how often, and the number of its first line."""

    match: Match
    count: int
    first_line: int

    def explanation(self) -> Explanation:
        """The failure for a reader."""
        explanation = self.match.explanation()
        return replace(explanation, count=self.count, first_line=self.first_line)


@dataclass
class LogDiagnosis:
    """Failures of a log by code and entry, and how many lines it has."""

    lines: int = 0
    failures: dict[tuple[str, str], LogFailure] = field(default_factory=dict)

    def ranked(self) -> list[LogFailure]:
        """The most frequent first."""
        return sorted(
            self.failures.values(), key=lambda failure: (-failure.count, failure.first_line)
        )

    def note(self, text: str, line: int) -> None:
        """Counts what a line says: of each code its most specific entry."""
        for match in _matches(text):
            code = match.code if len(self.failures) < MOST_CODES else match.entry.code
            key = (code, match.entry.meaning)
            if key in self.failures:
                self.failures[key].count += 1
            else:
                self.failures[key] = LogFailure(match, 1, line)


def diagnose_log(stream: Readable) -> LogDiagnosis:
    """Reads the log to its end. UTF-8, UTF-16 and any 8-bit encoding; bad bytes do no harm."""
    diagnosis = LogDiagnosis()
    for block in _blocks(stream):
        numbers, texts = _texts(block)
        for number, text in zip(numbers, _alike(texts), strict=True):
            diagnosis.note(text, diagnosis.lines + number)
        diagnosis.lines += len(block)
    return diagnosis


def _texts(block: list[bytes]) -> tuple[list[int], list[str]]:
    """Numbers and texts of what may lead to an entry, lines that go on with one another joined."""
    numbers, texts, taken = [], [], -1
    for at in _suspicious(block):
        if at > taken:
            taken, record = _record(block, at)
            for part in _parts(record):
                numbers.append(at + 1)
                texts.append(unescaped(part.decode("utf-8", "replace")))
    return numbers, texts


def _alike(texts: list[str]) -> list[str]:
    """The texts without what changes from line to line, so that each failure is diagnosed once."""
    array = pa.array(texts, pa.large_string())
    alike: list[str] = pc.replace_substring_regex(array, CHANGING, " ").to_pylist()
    return alike


def best_of_each_code(matches: Sequence[Match], *, ours: bool) -> list[Match]:
    """The most specific match of each code; no successes, and our own errors where it is `ours`."""
    best: dict[str, Match] = {}
    for match in matches:
        if (ours or match.matched != "own") and not match.code.startswith("2"):
            best.setdefault(match.code, match)
    return list(best.values())


@lru_cache(maxsize=10_000)
def _matches(text: str) -> tuple[Match, ...]:
    return tuple(best_of_each_code(diagnose(text), ours="hve" in text))


def _suspicious(block: list[bytes]) -> list[int]:
    """Numbers of the lines that may lead to an entry."""
    lines = pa.array(block, pa.large_binary())
    masks = [pc.match_substring_regex(lines, screen, ignore_case=True) for screen in _screens()]
    return [int(at) for at in pc.indices_nonzero(reduce(pc.or_, masks)).to_pylist()]


@lru_cache(maxsize=1)
def _screens() -> list[str]:
    """Expressions for all that the catalogue knows: of each pattern its longest part.

    They are several: RE2 is slow where an automaton does not fit into its memory, as one of
    24,000 letters does not.
    """
    words = {max(part, key=len) for entry in read_catalogue().worded for part in entry.words}
    shortest: list[str] = []
    for word in sorted(words, key=len):
        if not any(part in word for part in shortest):
            shortest.append(word)
    screens = ["|".join(CODES)]
    for word in sorted(shortest):
        if len(screens[-1]) > LONGEST_SCREEN:
            screens.append(_escaped(word))
        else:
            screens[-1] += f"|{_escaped(word)}"
    return screens


def _escaped(words: str) -> str:
    """Words for RE2: with any blanks, plus signs of IIS, joints of names, and either apostrophe."""
    return re.escape(words).replace(r"\ ", r"[\s+_]*").replace("'", "(?:'|\u2019|\u2018|`)")


def _record(block: list[bytes], at: int) -> tuple[int, bytes]:
    """A line with those that go on with it: folded ones and the rest of a multi-line reply."""
    last = at
    while last + 1 < len(block) and last - at < MOST_FOLDED:
        reply, line = MULTI_LINE.match(block[last]), block[last + 1]
        if not FOLDED.match(line) and not (reply and line.startswith(reply[1])):
            break
        last += 1
    return last, b"\n".join(block[at : last + 1])


def _parts(text: bytes) -> list[bytes]:
    """The text, or the pieces of one that may lead to an entry, where it is very long."""
    if len(text) <= LONGEST_LINE:
        return [text]
    parts = [text[at : at + LONGEST_LINE] for at in range(0, len(text), LONGEST_LINE)]
    return [parts[at] for at in _suspicious(parts)]


def _blocks(stream: Readable) -> Iterator[list[bytes]]:
    """Lists of whole lines, never cut between lines that belong together."""
    rest, decode = b"", None
    while chunk := stream.read(BLOCK):
        decode = decode or utf8_decoder(chunk)
        lines = (rest + decode(chunk)).split(b"\n")
        kept = 1
        while kept < min(len(lines), MOST_FOLDED) and _goes_on(lines[-kept]):
            kept += 1
        rest = b"\n".join(lines[-kept:])
        if len(rest) > BLOCK:
            kept, rest = 0, b""
        yield lines[: len(lines) - kept]
    if rest:
        yield rest.removesuffix(b"\n").split(b"\n")


def _goes_on(line: bytes) -> bool:
    """Whether the line may belong to the one before, as an unfinished last line may, too."""
    return not line or line[:1] in b" \t" or line[:3].isdigit()


def utf8_decoder(start: bytes) -> Callable[[bytes], bytes]:
    """Turns the bytes of the log into UTF-8; UTF-16 shows by its mark or its NUL bytes."""
    head = start[:4096]
    name = None
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16"
    elif head.strip(b"\0") and head[1::2].count(0) > len(head) // 4:
        name = "utf-16-le"
    elif head.strip(b"\0") and head[::2].count(0) > len(head) // 4:
        name = "utf-16-be"
    if name is None:
        return bytes
    decoder = codecs.getincrementaldecoder(name)("replace")
    return lambda chunk: decoder.decode(chunk).encode("utf-8", "replace")
