"""Lines that fit a terminal."""

from __future__ import annotations

import re

WIDEST, FURTHER_IN = 100, 4  # columns of a line, and before what a broken one goes on with
# A cmdlet with its first parameter: half of such a line would be another command.
CMDLET = re.compile(r"\b[A-Z][a-z]+-[A-Z]\w+ -[A-Z]")


def fitted(text: str) -> str:
    """The text with its long lines broken between words, so that it fits a terminal.

    A word stays whole, and so does a line with a PowerShell command: what was broken could not be
    copied.
    """
    return "\n".join(part for line in text.split("\n") for part in _broken(line))


def _broken(line: str) -> list[str]:
    if (len(line) <= WIDEST and line.isascii()) or CMDLET.search(line):
        return [line]
    from rich.cells import cell_len

    begins = len(line) - len(line.lstrip(" "))
    first, *words = line[begins:].split(" ")
    parts = [" " * begins + first]
    for word in words:
        longer = f"{parts[-1]} {word}"
        if cell_len(longer) <= WIDEST:
            parts[-1] = longer
        else:
            parts.append(" " * (begins + FURTHER_IN) + word)
    return [part.rstrip() for part in parts]
