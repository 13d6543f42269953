"""Explain lines that programs print, and a mail log.

python benchmarks/explain.py [--megabytes 300]
Lines: inputs/explain_lines.csv has lines of services, libraries, relays and printers with the entry
that is right (invented around the wordings they print), and lines that mean nothing (`-`).
Precision: how often the first answer is the right entry, an answer to a line that means nothing
being wrong; coverage: how many of the others get an answer. Bars: 0.95 each.
Log: beside a line-by-line count of the same codes with one expression. Bars: no slower than the
plain count, which knows no catalogue, no wording and no folded lines; memory that does not grow
with the log (the same is measured on a tenth of it).
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.measure import in_child, report, table

CODE = re.compile(r"(?<![0-9A-Za-z.])(?:[45]\d\d[ -])([45]\.\d{1,3}\.\d{1,3})(?![0-9]|\.[0-9])")
REPLIES = (
    "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [X.OUTLOOK.COM]",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "550 5.7.124 RESOLVER.RST.SenderNotInAllowedList",
)
AT_ONCE, FAILED_SHARE = 20_000, 20
LINES = Path(__file__).parent / "inputs" / "explain_lines.csv"
NOTHING, BAR = "-", 0.95


@dataclass(frozen=True)
class ExplainedLine:
    """A line, the entry that is right and the code of the first answer; `-` is none."""

    stack: str
    text: str
    entry: str
    answer: str


def explained_lines() -> list[ExplainedLine]:
    """Every line of the list with its first answer; what only confirms a success is none."""
    from models.explain.diagnosis import diagnose

    with LINES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = []
    for row in rows:
        answers = [match.code for match in diagnose(row["text"]) if match.code[0] != "2"]
        answer = answers[0] if answers else NOTHING
        lines.append(ExplainedLine(row["stack"], row["text"], row["entry"], answer))
    return lines


def precision(lines: Iterable[ExplainedLine]) -> float:
    """Share of the answers that are right."""
    answered = [line for line in lines if line.answer != NOTHING]
    return sum(line.answer == line.entry for line in answered) / max(len(answered), 1)


def coverage(lines: Iterable[ExplainedLine]) -> float:
    """Share of the lines with an entry that get an answer."""
    meant = [line for line in lines if line.entry != NOTHING]
    return sum(line.answer != NOTHING for line in meant) / max(len(meant), 1)


def lines_table(lines: list[ExplainedLine]) -> str:
    """Precision and coverage by stack."""
    stacks: dict[str, list[ExplainedLine]] = {}
    for line in lines:
        stacks.setdefault(line.stack, []).append(line)
    shown = [("lines of", "lines", "precision at 1", "coverage")]
    for stack, some in [*stacks.items(), ("all", lines)]:
        means_something = any(line.entry != NOTHING for line in some)
        right = f"{precision(some):.2f}" if means_something else "–"
        answered = f"{coverage(some):.2f}" if means_something else "–"
        shown.append((stack, str(len(some)), right, answered))
    false = sum(line.entry == NOTHING != line.answer for line in lines)
    return (
        f"{table(shown)}\n\nprecision {precision(lines):.3f}, coverage {coverage(lines):.3f}"
        f" (bars {BAR}); answers to lines that mean nothing: {false}"
    )


def write_log(file: Path, megabytes: int) -> int:
    """A log of a mail relay; one line in twenty tells a failure. Returns the failures."""
    size = number = failures = 0
    with file.open("w", encoding="utf-8") as log:
        while size < megabytes * 1_000_000:
            text = "".join(_line(place) for place in range(number, number + AT_ONCE))
            failures += AT_ONCE // FAILED_SHARE
            number += AT_ONCE
            size += log.write(text)
    return failures


def _line(number: int) -> str:
    second = f"{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
    sent = f"sent (250 2.0.0 OK <{number:x}@contoso.com> [Hostname=X.OUTLOOK.COM])"
    reply = REPLIES[number // FAILED_SHARE % len(REPLIES)]
    return (
        f"2026-11-24T{second}Z relay postfix/smtp[{number % 9973}]: {number:010X}:"
        f" to=<employee{number * 7919 % 40000}@contoso.com>,"
        f" relay=smtp.hve.mx.microsoft[192.0.2.{number % 250}]:587, delay=0.5, status="
        + (sent if number % FAILED_SHARE else f"bounced (host said: {reply})")
        + "\n"
    )


def ours(file: Path) -> Callable[[], int]:
    """What `hve explain FILE` does."""
    from models.explain.log import diagnose_log

    def job() -> int:
        with file.open("rb") as stream:
            return sum(seen.count for seen in diagnose_log(stream).ranked())

    return job


def plain(file: Path) -> Callable[[], int]:
    """A loop over the lines."""

    def job() -> int:
        codes: Counter[str] = Counter()
        with file.open(encoding="utf-8", errors="replace") as log:
            for line in log:
                codes.update(CODE.findall(line))
        return codes.total()

    return job


def main() -> None:
    """Measures both, each in a process of its own, three times in turn; prints the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", nargs="?", choices=["ours", "plain"])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--megabytes", type=int, default=300)
    options = parser.parse_args()
    if options.way:
        report({"ours": ours, "plain": plain}[options.way](options.file))
        return
    print(lines_table(explained_lines()), end="\n\n")
    with tempfile.TemporaryDirectory() as folder:
        whole, tenth = Path(folder) / "whole.log", Path(folder) / "tenth.log"
        failures = write_log(whole, options.megabytes)
        write_log(tenth, options.megabytes // 10)
        print(compared(whole, tenth, failures, options.megabytes))


def compared(whole: Path, tenth: Path, failures: int, megabytes: int) -> str:
    """The table of both ways and the ratios."""
    runs = [
        (in_child(__file__, "plain", str(whole)), in_child(__file__, "ours", str(whole)))
        for _ in range(3)
    ]
    plainly, our = (sorted(way, key=lambda run: run.seconds)[1] for way in zip(*runs, strict=True))
    small = in_child(__file__, "ours", str(tenth))
    if {our.result, plainly.result} != {failures}:
        raise SystemExit(f"found {our.result} and {plainly.result} of {failures} failures")
    shown = [("way", "MB", "failures", "seconds", "MB/s", "peak MiB")]
    for name, run, size in (
        ("hve explain", our, megabytes),
        ("a tenth of it", small, megabytes // 10),
        ("loop over lines", plainly, megabytes),
    ):
        speed = f"{size / run.seconds:,.0f}"
        shown.append(
            (name, f"{size:,}", f"{run.result:,}", f"{run.seconds:.2f}", speed,
             f"{run.peak_mib:.0f}")
        )  # fmt: skip
    ratio, growth = plainly.seconds / our.seconds, our.peak_mib / small.peak_mib
    return (
        f"{table(shown)}\n\nspeed beside the loop: {ratio:.2f}× (bar 1×);"
        f" memory beside a tenth of the log: {growth:.2f}× (bar 1.25×)"
    )


if __name__ == "__main__":
    main()
