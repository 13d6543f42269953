"""What it means for the whole that a shard failed."""

from __future__ import annotations

from collections.abc import Sequence

from hve_monitor.errors import DONE, FAILED, INCOMPLETE, TEMPORARY, USAGE, HveError

WORST_FIRST = (USAGE, FAILED, TEMPORARY)


def of_shard(error: HveError, shard: str) -> HveError:
    """The error with the shard's name, of a class that another process knows how to make."""
    kinds = (kind for kind in type(error).__mro__ if kind.__module__ == HveError.__module__)
    kind: type[HveError] = next(kinds)
    return kind(f"shard {shard}: {error}" if shard else str(error))


def joint_code(codes: Sequence[int]) -> int:
    """As of tenants: what a part of the shards could not do leaves the whole incomplete."""
    bad = [code for code in codes if code != DONE]
    if not bad:
        return DONE
    if len(bad) < len(codes) or INCOMPLETE in bad:
        return INCOMPLETE
    return min(bad, key=WORST_FIRST.index)
