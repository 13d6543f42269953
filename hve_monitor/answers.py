"""What an answer over HTTP says to a reader: one line of the service's own words."""

from __future__ import annotations

import re

import msgspec

from hve_monitor.https import Response
from hve_monitor.text import printable

LONGEST_LINE = 300
# Names that services give their words, the plainest first.
NAMES = ("error_description", "message", "text", "detail", "title", "errors", "error", "status")
TITLE = re.compile(r"<title[^>]*>([^<]{1,300})", re.IGNORECASE)


def is_document(response: Response) -> bool:
    """Whether the body is a JSON object."""
    return isinstance(_decoded(response), dict)


def words_of(response: Response) -> str:
    """An error's description, a page's title or the first line of a text; "" for nothing."""
    document = _decoded(response)
    if isinstance(document, dict):
        try:
            return first_line(_words(document))
        except RecursionError:  # objects in objects without end
            return ""
    title = TITLE.search(response.text[:65536])
    return first_line(title[1] if title else response.text)


def first_line(text: str) -> str:
    """The first line that is not blank, without unseen characters; "" where there is none."""
    for line in text.splitlines():
        if line.strip():
            return printable(line.strip())[:LONGEST_LINE]
    return ""


def _decoded(response: Response) -> object:
    try:
        decoded: object = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return decoded


def _words(document: dict[str, object]) -> str:
    """Words of an error object, with its code where it has one."""
    words = next((text for name in NAMES if (text := _text(document.get(name)))), "")
    code = document.get("code")
    return f"{words} (code {code})" if isinstance(code, int | str) and words else words


def _text(value: object) -> str:
    if isinstance(value, dict):
        return _words(value)
    if isinstance(value, list):
        return next((text for item in value if (text := _text(item))), "")
    return value if isinstance(value, str) else ""
