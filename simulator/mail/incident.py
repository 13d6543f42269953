"""Injected incidents: bursts from a foreign source address, and silences of busy accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.mail.account import Account
from simulator.mail.directory import UNKNOWN, UNKNOWN_COUNT
from simulator.mail.habits import RECIPIENT_LIMIT
from simulator.mail.instant import DAY, HOUR
from simulator.mail.localtime import is_off_hours
from simulator.mail.sends import Ints, Random, Sends, chunk, coarsen

BURST, SILENCE = "off_hours_burst", "silence"
# Regular office or night senders, all of them months older than fourteen days.
_BURST_KINDS = ("scan", "ticketing", "crm", "batch")


@dataclass(frozen=True, slots=True)
class InjectedIncident:
    """One injected incident; times in microseconds, `rows` planned rows of what it adds."""

    account: int
    kind: str
    family: str
    start: int
    end: int
    rows: int = 0
    source_ip: str | None = None


def plan_incidents(
    seed: int, accounts: Sequence[Account], staff: int, now: int, first: int, days: int
) -> list[InjectedIncident]:
    """Two bursts and two silences placed before `now`; none in the quiet start of the history.

    The first twenty days stay quiet so that a baseline can be learnt; a history of less than
    thirty days keeps its first third quiet. Incidents that do not fit are left out.
    """
    random = np.random.default_rng([seed, 4])
    quiet_until = first + (20 if days >= 30 else days // 3) * DAY
    planned = [
        *_bursts(random, accounts, staff, now, quiet_until),
        *_silences(random, accounts, now, quiet_until),
    ]
    return sorted((item for item in planned if item.start >= quiet_until), key=_by_start)


def _by_start(incident: InjectedIncident) -> int:
    return incident.start


def _bursts(
    random: Random, accounts: Sequence[Account], staff: int, now: int, quiet_until: int
) -> Iterator[InjectedIncident]:
    regular = [account.index for account in accounts if account.kind in _BURST_KINDS]
    recent, earlier = (int(index) for index in random.choice(regular, 2, replace=False))
    spans = ((recent, now - 58 * HOUR, now - 38 * HOUR), (earlier, quiet_until, now - 5 * DAY))
    for number, (account, begin, end) in enumerate(spans):
        length = int(random.integers(2 * HOUR, 4 * HOUR))
        start = _off_hours_start(random, begin, end, length)
        drawn = int(random.integers(2_000, 4_000))
        rows = max(40, min(drawn, int(3.2 * staff)))
        source = f"203.0.113.{int(random.integers(20, 120)) + 100 * number}"
        if start is not None:
            end_at = start + length
            yield InjectedIncident(account, "surge", BURST, start, end_at, rows, source)


def _off_hours_start(random: Random, begin: int, end: int, length: int) -> int | None:
    """A random start whose whole run is at night or on a weekend."""
    starts = range(begin, end, HOUR // 4)
    fitting = [
        start
        for start in starts
        if all(is_off_hours(at) for at in (start, start + length // 2, start + length))
    ]
    return int(random.choice(fitting)) if fitting else None


def _silences(
    random: Random, accounts: Sequence[Account], now: int, quiet_until: int
) -> Iterator[InjectedIncident]:
    hourly = [account.index for account in accounts if account.profile.is_hourly]
    running, ended = (int(index) for index in random.permutation(hourly)[:2])
    start = now - int(random.integers(18 * HOUR, 22 * HOUR))
    length = int(random.integers(24 * HOUR, 48 * HOUR))
    yield InjectedIncident(running, "silence", SILENCE, start, start + length)
    latest = now - 4 * DAY
    length = int(random.integers(24 * HOUR, 48 * HOUR))
    if latest > quiet_until:
        start = int(random.integers(quiet_until, latest))
        yield InjectedIncident(ended, "silence", SILENCE, start, start + length)


def burst_sends(
    seed: int, incident: InjectedIncident, staff: int, source: int, subject: int
) -> Sends:
    """All messages of a surge, whichever days it touches.

    A third of the recipients do not exist; the others walk through the whole directory, again
    and again when the burst is larger than the staff.
    """
    random = np.random.default_rng([seed, incident.account, incident.start // DAY, 5])
    unknown = min(incident.rows // 3, UNKNOWN_COUNT)
    message, recipient = _burst_recipients(random, incident.rows - unknown, staff, unknown)
    count = int(message.max()) + 1
    received = np.sort(random.integers(incident.start, incident.end, count))
    return Sends(
        received=coarsen(received, random),
        subject=np.full(count, subject),
        source=np.full(count, source),
        size=random.integers(18_000, 22_000, count),
        message=message,
        recipient=recipient,
    )


def _burst_recipients(random: Random, real: int, staff: int, unreal: int) -> tuple[Ints, Ints]:
    """(message, recipient) per row; no recipient twice in one message."""
    rounds = [random.permutation(staff)[: real - done] for done in range(0, real, staff)]
    rounds.append(UNKNOWN + random.choice(UNKNOWN_COUNT, unreal, replace=False))
    messages, used = [], 0
    for people in rounds:
        messages.append(chunk(people, RECIPIENT_LIMIT) + used)
        used = int(messages[-1][-1]) + 1
    order = random.permutation(used)  # real and guessed recipients come interleaved
    return order[np.concatenate(messages)], np.concatenate(rounds)
