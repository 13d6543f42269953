"""Messages as they leave an account, before their delivery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Random = np.random.Generator
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sends:
    """Message columns (`received`, `subject`, `source`, `size`) and row columns.

    Shape: `message[i]` is the message of row i, `recipient[i]` its recipient number. `received`
    is in microseconds; `subject` and `source` index the lists of the account; `size` in bytes.
    """

    received: Ints
    subject: Ints
    source: Ints
    size: Ints
    message: Ints
    recipient: Ints

    @property
    def count(self) -> int:
        """Number of messages."""
        return len(self.received)

    def keep(self, kept: Mask) -> Sends:
        """Only the kept messages, with their rows and renumbered."""
        number = np.cumsum(kept) - 1
        rows = kept[self.message]
        return Sends(
            self.received[kept],
            self.subject[kept],
            self.source[kept],
            self.size[kept],
            number[self.message[rows]],
            self.recipient[rows],
        )


def join(parts: Sequence[Sends]) -> Sends:
    """One set of messages out of several, in order."""
    shifts = np.cumsum([0, *(part.count for part in parts)])
    return Sends(
        np.concatenate([part.received for part in parts]),
        np.concatenate([part.subject for part in parts]),
        np.concatenate([part.source for part in parts]),
        np.concatenate([part.size for part in parts]),
        np.concatenate([part.message + shift for part, shift in zip(parts, shifts, strict=False)]),
        np.concatenate([part.recipient for part in parts]),
    )


def chunk(recipients: Ints, limit: int) -> Ints:
    """The message number of each recipient when at most `limit` share a message."""
    return np.arange(len(recipients), dtype=np.int64) // limit


def coarsen(received: Ints, random: Random) -> Ints:
    """Times cut to seconds, milliseconds or microseconds, as different relays report them."""
    unit = random.choice(np.array([1_000_000, 1_000, 1]), len(received), p=[0.4, 0.4, 0.2])
    return np.asarray(received - received % unit)
