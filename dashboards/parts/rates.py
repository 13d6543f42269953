"""Delivery rates of whatever the models counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboards.parts.amounts import is_unknown, percent

SETTLED = ("delivered", "failed", "quarantined", "filtered_as_spam", "other")


def delivered_share(counts: Mapping[str, Any]) -> float | None:
    """Delivered of the recipients whose outcome is known; None where no outcome is known."""
    if not counts or is_unknown(counts.get("delivered")):
        return None
    settled = sum(int(counts[name]) for name in SETTLED if not is_unknown(counts.get(name)))
    return int(counts["delivered"]) / settled if settled else None


def delivered_words(rate: float | None) -> str:
    """98.4 % delivered, or that it is unknown."""
    return "delivery unknown" if rate is None else f"{percent(rate)} delivered"
