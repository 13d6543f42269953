"""Which accounts are nearest to a limit of Microsoft's, the nearest first."""

from __future__ import annotations

from collections.abc import Iterable

from hve_monitor.document import Document
from models.delivery.outcomes import DeliveryFigures

RECIPIENTS, SIZE = "recipients per message", "message size"


class LimitUse(Document):
    """How near an account came to a limit. Units: recipients, bytes.

    used: what is certain; may_be: the most that may have been, where a list hides how many stood in
    the envelope. ratio: the certain part of the limit. verified: whether Microsoft's documents name
    the limit for HVE.
    """

    tenant: str
    account: str
    limit: str
    used: int
    may_be: int
    of: int
    ratio: float
    verified: bool


def nearest_limits(accounts: Iterable[DeliveryFigures]) -> list[LimitUse]:
    """Every limit of every account of which something is known, the nearest first."""
    uses = [use for figures in accounts for use in (_recipients(figures), _size(figures)) if use]
    return sorted(uses, key=lambda use: (-use.ratio, -use.may_be / use.of, use.account, use.limit))


def _recipients(figures: DeliveryFigures) -> LimitUse | None:
    low, high = figures.envelope.most
    return _use(figures, RECIPIENTS, (low, high), figures.envelope.limit) if high else None


def _size(figures: DeliveryFigures) -> LimitUse | None:
    size = figures.size
    if size.most_bytes is None:
        return None
    most = size.most_bytes, size.most_bytes
    return _use(figures, SIZE, most, size.limit_bytes, verified=size.is_limit_verified)


def _use(
    figures: DeliveryFigures, limit: str, most: tuple[int, int], of: int, *, verified: bool = True
) -> LimitUse:
    return LimitUse(
        tenant=figures.tenant,
        account=figures.account,
        limit=limit,
        used=most[0],
        may_be=most[1],
        of=of,
        ratio=round(most[0] / of, 4),
        verified=verified,
    )
