"""Errors of the models as people at a page read them: what a command calls a flag is a field."""

from __future__ import annotations

import re

from dashboards.parts.markup import literal

# Fields of the pages that are called otherwise than their flags.
NAMES = {
    "from-ip": "source address",
    "sender": "sender address",
    "id": "trace id",
    "subject": "words of the subject",
}
_FLAG = re.compile(r"(?<!\w)--([a-z][a-z-]*)")


def error_words(error: Exception) -> str:
    """The message without flags, for Markdown, as text that is only text."""
    return literal(field_words(error))


def field_words(error: Exception) -> str:
    """The message without flags: `--until X` is `Until X`."""

    def field(flag: re.Match[str]) -> str:
        name = NAMES.get(flag[1], flag[1].replace("-", " "))
        return name[0].upper() + name[1:] if flag.start() == 0 else name

    return _FLAG.sub(field, str(error))
