"""Text of others that cannot steer what shows it."""

from __future__ import annotations


def printable(text: str, instead: str = " ", kept: str = "") -> str:
    """The text with `instead` for every control, direction and other unseen character.

    kept: characters that stay, e.g. line breaks.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign in kept else instead for sign in text)
