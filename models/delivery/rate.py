"""The delivery rate: one definition for every command and page, and which rates are low.

Low is a rate whose 95 % interval (Wilson) ends low: ten failures of ten weigh more than one of one.
Accounts of which nearly nothing is known come after all others.
Source: Wilson, Probable Inference, JASA 22 (1927), 209-212.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

FINAL = ("delivered", "failed", "quarantined", "filtered_as_spam")
Counts = Mapping[str, int | None]
Z95 = 1.959964  # two-sided 95 % of the normal distribution
# With fewer outcomes and fewer failures a rate says nothing of an account.
FEW_KNOWN, FEW_UNDELIVERED = 20, 5


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


def rate_interval(counts: Counts) -> tuple[float, float] | None:
    """The 95 % interval (Wilson) of the rate; None where no outcome is final.

    Recipients whose status is not known count as not delivered in it.
    """
    delivered, size = counts.get("delivered"), final_recipients(counts)
    if delivered is None or not size:
        return None
    size += unknown_recipients(counts)
    share, z2 = delivered / size, Z95**2
    middle = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = Z95 / (1 + z2 / size) * sqrt(share * (1 - share) / size + z2 / (4 * size**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def is_told_by_few(counts: Counts) -> bool:
    """Whether too few outcomes are known to compare the rate with others."""
    known = final_recipients(counts)
    return known < FEW_KNOWN and known - (counts.get("delivered") or 0) < FEW_UNDELIVERED


def low_first(counts: Counts) -> tuple[bool, bool, float]:
    """Order of accounts by rate: those that certainly deliver least first, unknown ones last."""
    interval = rate_interval(counts)
    return interval is None, is_told_by_few(counts), interval[1] if interval else 1.0
