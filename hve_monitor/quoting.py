"""Values inside the languages of Microsoft's tools: what somebody wrote can run nothing there.

Sources: Microsoft Learn, "The string data type" (Kusto) and "about_Quoting_Rules" (PowerShell).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

KUSTO_SHORT = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"}
# PowerShell takes the typographic ones for the straight one.
SINGLE_QUOTE = re.compile("(['\u2018\u2019\u201a\u201b])")
SEARCH_SIGNS = re.compile(r'["\u201c-\u201f*()\\]')


def kusto(text: str) -> str:
    """A Kusto string literal."""
    return f'"{"".join(map(_kusto_sign, text))}"'


def kusto_list(texts: Iterable[str]) -> str:
    """String literals with commas between them."""
    return ", ".join(map(kusto, texts))


def powershell(text: str) -> str:
    """A PowerShell string in which nothing is expanded.

    What a terminal may obey is written as the number of its sign.
    """
    if text.isprintable():
        return _single_quoted(text)
    return f"('' + {' + '.join(map(_powershell_part, _runs(text)))})"


def powershell_list(texts: Iterable[str]) -> str:
    """Strings with commas between them."""
    return ",".join(map(powershell, texts))


def search_phrase(text: str) -> str:
    """A phrase of a content search. Its language cannot escape quotes: they become spaces."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return f'"{" ".join(SEARCH_SIGNS.sub(" ", shown).split())}"'


def _kusto_sign(sign: str) -> str:
    if sign in KUSTO_SHORT:
        return KUSTO_SHORT[sign]
    if sign.isprintable():
        return sign
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"


def _runs(text: str) -> list[str]:
    """The text in pieces: printable ones, and single signs that are not."""
    pieces: list[str] = []
    for sign in text:
        if pieces and sign.isprintable() and pieces[-1].isprintable():
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def _powershell_part(piece: str) -> str:
    if piece.isprintable():
        return _single_quoted(piece)
    return f"[char]::ConvertFromUtf32(0x{ord(piece):04x})"


def _single_quoted(text: str) -> str:
    doubled = SINGLE_QUOTE.sub(r"\1\1", text)
    return f"'{doubled}'"
