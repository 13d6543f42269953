"""The delivery rate: one definition for every command and page."""

from __future__ import annotations

from collections.abc import Mapping

FINAL = ("delivered", "failed", "quarantined", "filtered_as_spam")
Counts = Mapping[str, int | None]


def final_recipients(counts: Counts) -> int:
    """Recipients whose outcome is final: not pending, not `other`, not without a status."""
    return sum(counts.get(status) or 0 for status in FINAL)


def delivery_rate(counts: Counts) -> float | None:
    """Delivered of the recipients whose outcome is final; None where none is.

    counts: recipients by status; what is unknown is None or absent.
    """
    delivered, final = counts.get("delivered"), final_recipients(counts)
    return None if delivered is None or not final else delivered / final


def unknown_recipients(counts: Counts) -> int:
    """Recipients whose status is not known."""
    return counts.get("unknown_recipients") or 0


def rate_range(counts: Counts) -> tuple[float, float] | None:
    """Least and most of the rate, whatever became of the recipients whose status is not known.

    None where no recipient could be in the rate.
    """
    delivered, unknown = counts.get("delivered") or 0, unknown_recipients(counts)
    most = final_recipients(counts) + unknown
    return (delivered / most, (delivered + unknown) / most) if most else None
