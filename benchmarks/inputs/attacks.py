"""Messages that an incident of a rehearsal adds to an account, by family.

Sizes, fan-out and shares of new recipients follow published figures of compromised senders and
what is known of loops; whom an attack reaches is drawn from the account's own contacts and from
everybody else in the organisation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks.inputs.incident import RehearsedIncident
from simulator.mail.directory import EXTERNAL, UNKNOWN, UNKNOWN_COUNT
from simulator.mail.instant import HOUR, MINUTE
from simulator.mail.localtime import is_off_hours
from simulator.mail.sends import Ints, Random, Sends, coarsen

_PROBE_ROWS = 5
_FAILING_SHARE = 0.35  # of a smash: guessed and external addresses


def attack_sends(
    seed: int, incident: RehearsedIncident, contacts: Ints, staff: int, source: int, subject: int
) -> Sends:
    """All messages of the incident, whichever days it touches.

    contacts: staff whom the account writes to, the oldest acquaintance first.
    """
    random = np.random.default_rng([seed, incident.account, incident.start // MINUTE, 6])
    recipients = _recipients(random, incident, contacts, staff)
    shape = SHAPES[incident.family]
    message = shape.fan_out(random, len(recipients))
    count = int(message[-1]) + 1
    received = shape.times(random, incident, count)
    return Sends(
        received=coarsen(np.sort(received), random),
        subject=np.full(count, subject),
        source=np.full(count, source),
        size=random.integers(18_000, 22_000, count),
        message=message,
        recipient=recipients,
    )


def _recipients(random: Random, incident: RehearsedIncident, contacts: Ints, staff: int) -> Ints:
    if incident.family == "runaway":
        few = random.permutation(contacts)[: int(random.integers(1, 4))]
        return np.resize(few, incident.rows)
    if incident.family == "smash":
        return _everybody(random, incident.rows, staff)
    strangers = random.permutation(np.setdiff1d(np.arange(staff), contacts))
    acquainted = random.permutation(contacts)
    new = min(round(incident.share * incident.rows), len(strangers))
    reached = np.concatenate([strangers[:new], acquainted[: incident.rows - new]])
    return np.asarray(random.permutation(reached))


def _everybody(random: Random, rows: int, staff: int) -> Ints:
    """The whole directory again and again, mixed with addresses that fail."""
    failing = min(int(rows * _FAILING_SHARE), UNKNOWN_COUNT)
    first = EXTERNAL if random.random() < 0.5 else UNKNOWN
    guessed = first + random.choice(UNKNOWN_COUNT, failing, replace=False)
    people = np.concatenate([random.permutation(staff) for _ in range(rows // staff + 1)])
    # A round through the staff stays in order: nobody twice in one message.
    merged = np.empty(rows, np.int64)
    place = np.zeros(rows, bool)
    place[random.choice(rows, failing, replace=False)] = True
    merged[place], merged[~place] = guessed, people[: rows - failing]
    return merged


def _broad(random: Random, rows: int) -> Ints:
    """20 to 50 recipients per message."""
    return np.asarray(np.arange(rows) // int(random.integers(20, 51)), np.int64)


def _full(_random: Random, rows: int) -> Ints:
    return np.arange(rows, dtype=np.int64) // 50


def _narrow(random: Random, rows: int) -> Ints:
    """One to ten recipients per message."""
    return np.asarray(np.arange(rows) // int(random.integers(1, 11)), np.int64)


def _single(_random: Random, rows: int) -> Ints:
    return np.arange(rows, dtype=np.int64)


def _probed(random: Random, rows: int) -> Ints:
    """A few messages to one person each, then a broad mailing."""
    probes = min(_PROBE_ROWS, rows // 3)
    return np.concatenate([np.arange(probes), probes + _broad(random, rows - probes)])


def _even(random: Random, incident: RehearsedIncident, count: int) -> Ints:
    return np.asarray(random.integers(incident.start, incident.end, count))


def _own_hours(random: Random, incident: RehearsedIncident, count: int) -> Ints:
    """Spread over the office hours between start and end; the first message at the start."""
    hours = [
        hour for hour in range(incident.start, incident.end, HOUR // 4) if not is_off_hours(hour)
    ]
    drawn = random.choice(np.array(hours or [incident.start]), count)
    drawn = drawn + random.integers(0, HOUR // 4, count)
    drawn[0] = incident.start
    return np.asarray(drawn)


def _two_phases(random: Random, incident: RehearsedIncident, count: int) -> Ints:
    """The probe in the first hour, the mailing in the last ninety minutes."""
    probes = min(_PROBE_ROWS, max(count - 1, 1))
    early = incident.start + random.integers(0, HOUR, probes)
    late = random.integers(incident.end - 3 * HOUR // 2, incident.end, count - probes)
    early[0] = incident.start
    return np.concatenate([early, late])


class _Shape(NamedTuple):
    """Message of each row, and times of the messages."""

    fan_out: Callable[[Random, int], Ints]
    times: Callable[[Random, RehearsedIncident, int], Ints]


SHAPES = {
    "smash": _Shape(_full, _even),
    "lateral": _Shape(_broad, _even),
    "contacts": _Shape(_broad, _even),
    "drip": _Shape(_narrow, _own_hours),
    "two_phase": _Shape(_probed, _two_phases),
    "runaway": _Shape(_single, _even),
    "announced": _Shape(_full, _even),
    "all_staff": _Shape(_full, _even),
}
