"""The delivery rate: one definition for every command and page."""

from __future__ import annotations

from collections.abc import Mapping

FINAL = ("delivered", "failed", "quarantined", "filtered_as_spam")


def final_recipients(counts: Mapping[str, int | None]) -> int:
    """Recipients whose outcome is final: not pending, not `other`, not without a status."""
    return sum(counts.get(status) or 0 for status in FINAL)


def delivery_rate(counts: Mapping[str, int | None]) -> float | None:
    """Delivered of the recipients whose outcome is final; None where none is.

    counts: recipients by status; what is unknown is None or absent.
    """
    delivered, final = counts.get("delivered"), final_recipients(counts)
    return None if delivered is None or not final else delivered / final
