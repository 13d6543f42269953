"""`hve explain`: what a code, a bounce, a log or one of our own errors means, as a document."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, BinaryIO

from models.explain.diagnosis import Match, diagnose
from models.explain.log import LogDiagnosis, best_of_each_code, diagnose_log, utf8_decoder

LONGEST_NAME, LONGEST_BOUNCE = 1024, 262_144


def explained(text: str, stdin: BinaryIO) -> dict[str, Any]:
    """The contract's document; of a file or of stdin (`-`) also counts and first lines."""
    if text.strip() == "-":
        return _of_stream(stdin, "-")
    file = _file(text)
    if file is not None:
        with file.open("rb") as stream:
            return _of_stream(stream, str(file))
    return {"matches": [match.document() for match in diagnose(text)], "file": None}


def pointer(message: str) -> str:
    """` (hve explain CODE)` behind a message of one line that the catalogue knows, else nothing."""
    found = [] if "\n" in message else diagnose(message)
    known = [match for match in found if match.matched != "class"]
    return f" (hve explain {known[0].code})" if known else ""


def _file(text: str) -> Path | None:
    if len(text) > LONGEST_NAME or "\n" in text or "\0" in text:
        return None
    path = Path(text)
    try:
        # Not only regular files: a shell hands over <(zcat mail.log.gz) as a pipe.
        return path if path.exists() and not path.is_dir() else None
    except OSError:
        return None


def _of_stream(stream: BinaryIO, name: str) -> dict[str, Any]:
    """A log by its lines, the most frequent failure first; a short one is read as a bounce, too."""
    start = stream.read(LONGEST_BOUNCE)
    short = len(start) < LONGEST_BOUNCE
    log = diagnose_log(io.BytesIO(start) if short else _Joined(start, stream))
    document = {"file": name, "lines": log.lines}
    if not short:
        return {"matches": [seen.document() for seen in log.ranked()], **document}
    text = utf8_decoder(start)(start).decode("utf-8", "replace")
    whole = best_of_each_code(diagnose(text), ours="hve" in text)
    return {"matches": _both(whole, log), **document}


def _both(whole: list[Match], log: LogDiagnosis) -> list[dict[str, Any]]:
    """Matches of the whole text, the most specific first, with the counts of their lines."""
    seen = dict(log.seen)
    found = []
    for match in whole:
        counted = seen.pop((match.code, match.entry.meaning), None)
        count = (counted.count, counted.first_line) if counted else (1, None)
        found.append({**match.document(), "count": count[0], "first_line": count[1]})
    rest = LogDiagnosis(log.lines, seen)
    return [*found, *(each.document() for each in rest.ranked())]


class _Joined:
    """What was read already, then the rest of the stream."""

    def __init__(self, start: bytes, stream: BinaryIO) -> None:
        self._start, self._stream = start, stream

    def read(self, size: int, /) -> bytes:
        start, self._start = self._start, b""
        return start or self._stream.read(size)
