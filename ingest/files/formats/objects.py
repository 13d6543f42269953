"""Records of JSON: pages of Graph and Exchange, lists, single objects and JSON lines, as a stream.

An envelope (`value`, `d.results`, a list) stands for the records in it. Beside a record's values
may lie sidecar keys such as `Received@data.type`; they are other names and so say nothing. The
place of a record is its number in the file.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ingest.files.formats.encoding import NOTE_REASON, Text, is_note
from ingest.files.formats.layouts import plain
from ingest.files.formats.records import Block
from ingest.http import JsonObject

ROWS_AT_ONCE = 50_000
LONGEST_NOTE = 40
LONGEST_KEY = 1 << 16
LONGEST_RECORD = 32 << 20
Numbered = tuple[int, JsonObject | str]  # a str is the reason why there is no record
CUT = "the file ends within a list or an object; rows are missing, export it again"
GAP = re.compile(r"[\s,\]\ufeff\x1a]*")
NEXT_RECORD = re.compile(r"\n[^\S\n]*(?=\{)|\}\s*,\s*(?=\{)")
ENVELOPE = re.compile(r'\{(?:\s*"d"\s*:\s*\{)?[^{}\[\]]{0,4096}?"(?:value|results|Value)"\s*:\s*\[')
# Between and behind the records of an envelope that was entered lie its other keys.
ENVELOPE_GAP = re.compile(
    r'(?:[\s,\]}\ufeff\x1a]|"[^"\n]{1,99}"\s*:\s*(?:"[^"]*"|[^\s,"{}\[\]]+))*'
)


class Documents:
    """Decodes one JSON value after the other, entering lists, never holding more than one."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._chunks = codecs.iterdecode(iter(text), "utf-8", "hve-windows-1252")
        self._pending = ""
        self._at = 0
        self._decoder = json.JSONDecoder()
        self._gap = GAP
        self._open = 0  # brackets that were entered and are not closed
        self._is_whole = True  # as far as it was read: nothing was skipped

    def __iter__(self) -> Iterator[Any]:
        """Values; a str is the reason why a piece of the text is none."""
        while self._next_value():
            value = self._value()
            if value is not None:
                yield value
        if self._text.damage:
            yield self._text.damage
        elif self._open and self._is_whole:
            yield CUT

    def _next_value(self) -> bool:
        """Moves to the next value; false at the end. A list is entered, not decoded."""
        while True:
            gap = self._gap.match(self._pending, self._at)
            if gap:
                self._at = gap.end()
                self._open = max(0, self._open - _closed(gap[0]))
            rest = len(self._pending) - self._at
            if self._gap is ENVELOPE_GAP and rest < LONGEST_KEY and self._more():
                continue
            if rest:
                if self._pending[self._at] != "[":
                    return True
                self._at += 1
                self._open += 1
            elif not self._more():
                return False

    def _more(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self._pending = self._pending[self._at :] + chunk
        self._at = 0
        return True

    def _value(self) -> Any:
        while True:
            try:
                value, self._at = self._decoder.raw_decode(self._pending, self._at)
            except (ValueError, RecursionError) as error:
                if self._is_cut(error) and self._more():
                    continue
                return self._past(error)
            is_number = isinstance(value, int | float)
            if is_number and self._at == len(self._pending) and self._more():
                continue  # what follows goes on with the number
            return value if isinstance(value, dict) else "is no record but a bare value"

    def _is_cut(self, error: Exception) -> bool:
        """Whether the text ends where the value is still going on, so that more text may help."""
        pending = len(self._pending) - self._at
        if not isinstance(error, json.JSONDecodeError) or pending > LONGEST_RECORD:
            return False
        return error.msg.startswith("Unterminated") or error.pos >= len(self._pending) - 12

    def _past(self, error: Exception) -> str | None:
        """Skips what cannot be decoded; of an envelope that is too long, only its beginning."""
        envelope = ENVELOPE.match(self._pending, self._at)
        if envelope:
            self._at, self._gap = envelope.end(), ENVELOPE_GAP
            self._open += envelope[0].count("{") + 1
            return None
        self._is_whole = False
        is_message = is_note(self._pending[self._at : self._at + LONGEST_NOTE])
        self._at += 1
        while (following := NEXT_RECORD.search(self._pending, self._at)) is None:
            self._at = max(self._at, len(self._pending) - 100)
            if not self._more():
                self._at = len(self._pending)
                break
        else:
            self._at = following.end()
        if is_message:
            return NOTE_REASON
        return f"is no JSON ({getattr(error, 'msg', 'too deep or too long a value')})"


def _closed(gap: str) -> int:
    """How many brackets are closed between two values; those in texts are none."""
    plainly = re.sub(r'"[^"]*"', "", gap) if '"' in gap else gap
    return plainly.count("]") + plainly.count("}")


def records(value: Any) -> Iterator[JsonObject | str]:
    """The records that a decoded value stands for; a str is the reason why there is none."""
    if isinstance(value, list):
        for item in value:
            yield from records(item)
    elif not isinstance(value, dict):
        yield value if isinstance(value, str) else "is no record but a bare value"
    elif isinstance(inner := _content(value), list | dict):
        yield from records(inner)
    elif isinstance(value.get("error"), dict):
        yield "is an error answer of the service, not a page of rows"
    else:
        yield value


def _content(value: JsonObject) -> Any:
    for key in ("value", "Value", "results", "d"):
        if isinstance(value.get(key), list) or (key == "d" and isinstance(value.get(key), dict)):
            return value[key]
    return None


def numbered(text: Text) -> Iterator[Numbered]:
    """Every record of the text with its number, from 1."""
    number = 0
    for value in Documents(text):
        for record in [value] if isinstance(value, str) else records(value):
            number += 1
            yield number, record


def blocks(
    entries: Iterator[Numbered], keys_by_name: Mapping[str, Sequence[str]]
) -> Iterator[Block]:
    """Records as columns of text: for each of our names the first of its keys with a value.

    Keys are compared as `plain` names, so each record may spell them its own way.
    """
    rows: list[JsonObject] = []
    lines: list[int] = []
    broken: list[tuple[int | None, str]] = []
    for number, record in entries:
        if isinstance(record, str):
            broken.append((number, record))
        else:
            rows.append(record)
            lines.append(number)
        if len(rows) + len(broken) == ROWS_AT_ONCE:
            yield Block(_table(rows, lines, keys_by_name), broken)
            rows, lines, broken = [], [], []
    yield Block(_table(rows, lines, keys_by_name), broken)


def _table(
    rows: Sequence[JsonObject], lines: list[int], keys_by_name: Mapping[str, Sequence[str]]
) -> pa.Table:
    keys = dict.fromkeys(key for row in rows for key in row)
    columns: dict[str, pa.Array] = {}
    for name, names in keys_by_name.items():
        spelled = [key for wanted_key in names for key in keys if plain(key) == plain(wanted_key)]
        columns[name] = texts([_first(row, spelled) for row in rows])
    return pa.table(columns | {"line": pa.array(lines, pa.int64())})


def _first(row: JsonObject, keys: Sequence[str]) -> Any:
    for key in keys:
        if (value := row.get(key)) not in (None, ""):
            return value
    return None


def texts(values: list[Any]) -> pa.Array:
    """Values as text; null stays null."""
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    """PowerShell 5 writes a time as an object with a `value`; a lone surrogate is no character."""
    if isinstance(value, dict) and "value" in value:
        value = value["value"]
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()
