"""Errors of the models as people at a page read them: what a command calls a flag is a field."""

from __future__ import annotations

import re

from dashboards.parts.markup import literal

_FLAG = re.compile(r"(?<!\w)--([a-z])([a-z-]*)")


def error_words(error: Exception) -> str:
    """The message without flags, for Markdown, as text that is only text."""
    return literal(field_words(error))


def field_words(error: Exception) -> str:
    """The message without flags: `--until X` is `Until X`."""

    def field(flag: re.Match[str]) -> str:
        begins = flag.start() == 0
        first = flag[1].upper() if begins else flag[1]
        return first + flag[2].replace("-", " ")

    return _FLAG.sub(field, str(error))
