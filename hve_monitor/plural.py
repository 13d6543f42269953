"""Numbers with their nouns and verbs: "1 recipient is", "1,240 recipients are"."""

from __future__ import annotations


def plural(number: float, noun: str, many: str | None = None) -> str:
    """The whole number with its noun; `many` is its plural where that is not the noun with an s."""
    return f"{round(number):,} {agreeing(number, noun, many or f'{noun}s')}"


def agreeing(number: float, one: str, many: str) -> str:
    """The word that goes with the number, which is said as a whole one: is or are."""
    return one if round(number) == 1 else many


def whole_percent(ratio: float) -> str:
    """80 %."""
    return f"{ratio:.0%}".replace("%", " %")
