"""`hve explain`: what a code, a bounce, a log or one of our own errors means, as a document."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from hve_monitor.document import Document
from models.explain.diagnosis import Explanation, Match, diagnose
from models.explain.log import LogDiagnosis, best_of_each_code, diagnose_log, utf8_decoder

LONGEST_NAME, LONGEST_BOUNCE = 1024, 262_144


class ExplainReport(Document):
    """What `hve explain` answers: the most likely explanation first, of a log the most frequent.

    file: the log, `-` for stdin, None for a text. lines: how many the log has.
    """

    matches: list[Explanation]
    file: str | None
    lines: int | UnsetType = UNSET


def explained(text: str, stdin: BinaryIO) -> ExplainReport:
    """Explanations of a text; of a file or of stdin (`-`) also counts and first lines."""
    if text.strip() == "-":
        return _of_stream(stdin, "-")
    file = _file(text)
    if file is not None:
        with file.open("rb") as stream:
            return _of_stream(stream, str(file))
    return ExplainReport(matches=[match.explanation() for match in diagnose(text)], file=None)


def pointer(message: str) -> str:
    """` (hve explain CODE)` behind a message of one line that the catalogue knows, else nothing."""
    matches = [] if "\n" in message else diagnose(message)
    codes = [match.code for match in matches if match.matched != "class"]
    return f" (hve explain {codes[0]})" if codes else ""


def _file(text: str) -> Path | None:
    if len(text) > LONGEST_NAME or "\n" in text or "\0" in text:
        return None
    path = Path(text)
    try:
        # Not only regular files: a shell hands over <(zcat mail.log.gz) as a pipe.
        return path if path.exists() and not path.is_dir() else None
    except OSError:
        return None


def _of_stream(stream: BinaryIO, name: str) -> ExplainReport:
    """A log by its lines, the most frequent failure first; a short one is read as a bounce, too."""
    start = stream.read(LONGEST_BOUNCE)
    short = len(start) < LONGEST_BOUNCE
    log = diagnose_log(io.BytesIO(start) if short else _Joined(start, stream))
    if short:
        text = utf8_decoder(start)(start).decode("utf-8", "replace")
        matches = _both(best_of_each_code(diagnose(text), ours="hve" in text), log)
    else:
        matches = [failure.explanation() for failure in log.ranked()]
    return ExplainReport(matches=matches, file=name, lines=log.lines)


def _both(whole: list[Match], log: LogDiagnosis) -> list[Explanation]:
    """Matches of the whole text, the most specific first, with the counts of their lines.

    A line by itself knows less: of a code that the whole text explains, its other meanings go,
    and so does what only says that something failed.
    """
    failures = dict(log.failures)
    explanations = []
    for match in whole:
        failure = failures.pop((match.code, match.entry.meaning), None)
        count, line = (failure.count, failure.first_line) if failure else (1, None)
        explanations.append(replace(match.explanation(), count=count, first_line=line))
    explained_codes = {key for match in whole for key in match.entry.keys}
    rest = {
        name: failure
        for name, failure in failures.items()
        if explained_codes.isdisjoint(failure.match.entry.keys)
        and not (whole and failure.match.entry.is_catch_all)
    }
    return [*explanations, *(seen.explanation() for seen in LogDiagnosis(log.lines, rest).ranked())]


class _Joined:
    """What was read already, then the rest of the stream."""

    def __init__(self, start: bytes, stream: BinaryIO) -> None:
        self._start, self._stream = start, stream

    def read(self, size: int, /) -> bytes:
        start, self._start = self._start, b""
        return start or self._stream.read(size)
