"""What an incident, or something that only looks like one, does to an account's ordinary mail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.inputs.incident import RehearsedIncident
from simulator.mail.block import DELIVERED, FAILED, QUARANTINED, SPAM, DayBlock
from simulator.mail.instant import HOUR
from simulator.mail.sends import Ints, Mask, Random, Sends, join


def distorted(sends: Sends, item: RehearsedIncident, swapped: int, random: Random) -> Sends:
    """The messages after a silence, a dip, a ramp, growth, a clock change or a swapped relay.

    swapped: index of the source address that a relay swap brings.
    """
    if item.family in _CHANGES:
        return _CHANGES[item.family](sends, item, random)
    if item.family == "relay_swap":
        inside = _inside(sends.received, item)
        return replace(sends, source=np.where(inside, swapped, sends.source))
    return sends


def failing(block: DayBlock, incidents: Sequence[RehearsedIncident], random: Random) -> DayBlock:
    """The block with the outcomes that failure storms bring."""
    for item in incidents:
        if item.family == "failure_storm":
            hit = _inside(block.received, item) & (block.final == DELIVERED)
            hit &= random.random(len(block.final)) < item.share
            code = {"quarantined": QUARANTINED, "filtered": SPAM}.get(item.strength, FAILED)
            block = replace(block, final=np.where(hit, code, block.final).astype(np.int8))
    return block


def _inside(received: Ints, item: RehearsedIncident) -> Mask:
    return np.asarray((received >= item.start) & (received < item.end))


def _silent(sends: Sends, item: RehearsedIncident, _random: Random) -> Sends:
    return sends.keep(~_inside(sends.received, item))


def _thin(sends: Sends, item: RehearsedIncident, random: Random) -> Sends:
    """A holiday: only `share` of the messages is left."""
    kept = random.random(sends.count) < item.share
    return sends.keep(kept | ~_inside(sends.received, item))


def _starting(sends: Sends, item: RehearsedIncident, random: Random) -> Sends:
    """A new account: from a tenth of its later volume to all of it."""
    age = (sends.received - item.start) / (item.end - item.start)
    return sends.keep(random.random(sends.count) < 0.1 + 0.9 * np.clip(age, 0.0, 1.0))


def _growing(sends: Sends, item: RehearsedIncident, random: Random) -> Sends:
    """Gradually up to `share` times as many messages; the end of it is the new normal."""
    progress = np.clip((sends.received - item.start) / (item.end - item.start), 0.0, 1.0)
    extra = (item.share - 1.0) * progress
    parts = [sends]
    for step in range(int(item.share)):
        again = sends.keep(random.random(sends.count) < np.clip(extra - step, 0.0, 1.0))
        moved = again.received + random.integers(1, HOUR // 2, again.count)
        parts.append(replace(again, received=moved))
    return join(parts)


def _shifted(sends: Sends, item: RehearsedIncident, _random: Random) -> Sends:
    """A job that goes by UTC when the clocks change, or was moved by an hour."""
    late = _inside(sends.received, item)
    return replace(sends, received=np.where(late, sends.received + HOUR, sends.received))


_CHANGES: dict[str, Callable[[Sends, RehearsedIncident, Random], Sends]] = {
    "silence": _silent,
    "outage": _silent,
    "holiday_stop": _silent,
    "holiday_dip": _thin,
    "new_account": _starting,
    "ramp": _growing,
    "growth": _growing,
    "clock_change": _shifted,
}
