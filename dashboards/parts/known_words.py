"""Money of which a part is not known, in words: never the known part alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from dashboards.parts.amounts import UNKNOWN, digits, money
from hve_monitor.plural import plural


class Partly(Protocol):
    """A document of models.cost.documents that says what it lacks."""

    @property
    def unknown_recipients(self) -> int: ...
    @property
    def unread_days(self) -> int: ...
    @property
    def range(self) -> tuple[Decimal | None, Decimal | None]: ...


def is_whole(part: Partly) -> bool:
    """Whether everything is known."""
    return not part.unknown_recipients and not part.unread_days


def at_least(text: str, part: Partly) -> str:
    """The text of a known part, marked where there may be more."""
    return text if text == UNKNOWN or is_whole(part) else f"≥ {text}"


def expected_words(
    amount: Decimal | None, ends: tuple[Decimal | None, Decimal | None], currency: str
) -> str:
    """An amount that is expected; where recipients have no status, from its least to its most."""
    low, high = ends
    if amount is None or low is None or high is None or low == high:
        return money(amount, currency)
    return f"{digits(low)} – {money(high, currency)}"


def lacking(part: Partly, currency: str) -> str:
    """What is not known of an amount; empty where all is known."""
    low, high = part.range
    texts = []
    if part.unknown_recipients:
        texts.append(f"{plural(part.unknown_recipients, 'recipient')} without a status")
        if low is not None and high is not None:
            texts.append(f"{digits(low)} – {money(high, currency)}")
    if part.unread_days:
        texts.append(f"{plural(part.unread_days, 'day')} not read wholly")
    return ", ".join(texts)
