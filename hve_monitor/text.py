"""Text of others that cannot steer what shows it."""

from __future__ import annotations

LONGEST_WORDS = 500  # of a service: what stands behind is repeated or a page


def one_line(text: str) -> str:
    """The words of a service on one line, cut at some hundred characters."""
    words = " ".join(printable(text[: 4 * LONGEST_WORDS]).split())
    is_cut = len(words) > LONGEST_WORDS or len(text) > 4 * LONGEST_WORDS
    return f"{words[:LONGEST_WORDS]}…" if is_cut else words


def printable(text: str, instead: str = " ", kept: str = "") -> str:
    """The text with `instead` for every control, direction and other unseen character.

    kept: characters that stay, e.g. line breaks.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign in kept else instead for sign in text)
