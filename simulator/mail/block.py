"""All rows of one account on one UTC day, as columns, newest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.mail.directory import UNKNOWN
from simulator.mail.instant import HOUR, MINUTE, SECOND
from simulator.mail.sends import Ints, Mask, Random, Sends

Codes = NDArray[np.int8]
STATUSES = (
    "gettingStatus",
    "pending",
    "failed",
    "delivered",
    "expanded",
    "quarantined",
    "filteredAsSpam",
)
GETTING, PENDING, FAILED, DELIVERED, EXPANDED, QUARANTINED, SPAM = range(7)

_FINAL = np.array([FAILED, QUARANTINED, SPAM, DELIVERED])
_FINAL_SHARE = [0.007, 0.0012, 0.0025, 0.9893]
_SHOUTED = [0.92, 0.05, 0.03]  # letter case of the addresses: lower, capital name, capital domain


@dataclass(frozen=True, slots=True)
class DayBlock:
    """Row columns, plus message columns reached through `message`.

    Times in microseconds. A row exists for readers from `visible` on; its status is
    gettingStatus before `pending_from`, pending before `final_from`, then `final`.
    """

    received: Ints
    visible: Ints
    pending_from: Ints
    final_from: Ints
    final: Codes
    recipient: Ints
    letter_case: Ints
    size: Ints
    message: Ints
    ids: NDArray[np.uint8]
    sender: Ints
    subject: Ints
    source: Ints

    def status_at(self, clock: int) -> Codes:
        """Status code of every row as of the clock."""
        early = np.where(clock < self.pending_from, GETTING, PENDING)
        return np.where(clock < self.final_from, early, self.final).astype(np.int8)

    def visible_at(self, clock: int) -> Mask:
        """Rows that a reader at the clock can see."""
        return np.asarray(self.visible <= clock)


def build_block(sends: Sends, spellings: int, code: int, random: Random) -> DayBlock:
    """Adds identity and delivery to messages; `code` names the account and day inside the ids."""
    received = sends.received[sends.message]
    final_from = received + _settling(len(received), random)
    columns = {
        "received": received,
        "visible": received + _lag(len(received), random),
        "pending_from": received + (final_from - received) // 3,
        "final_from": final_from,
        "final": _outcomes(sends.recipient, random),
        "recipient": sends.recipient,
        "letter_case": random.choice(3, len(received), p=_SHOUTED),
        "size": sends.size[sends.message] + sends.recipient % 97,
        "message": sends.message,
    }
    newest_first = np.argsort(-received, kind="stable")
    return DayBlock(
        **{name: column[newest_first] for name, column in columns.items()},
        ids=_ids(code, sends.count, random),
        sender=_senders(spellings, sends.count, random),
        subject=sends.subject,
        source=sends.source,
    )


def _senders(spellings: int, count: int, random: Random) -> Ints:
    """Index into the spellings of an account: mostly the primary address, mostly lower case."""
    address = np.where(random.random(count) < 0.85, 0, random.integers(0, spellings // 3, count))
    return np.asarray(3 * address + random.choice(3, count, p=_SHOUTED))


def _lag(count: int, random: Random) -> Ints:
    """Time until a row shows: one to ten minutes, one row in a hundred up to three hours."""
    usual = random.integers(1 * MINUTE, 10 * MINUTE, count)
    late = random.integers(10 * MINUTE, 3 * HOUR, count)
    return np.where(random.random(count) < 0.01, late, usual)


def _settling(count: int, random: Random) -> Ints:
    """Time until the status is final: seconds as a rule, never more than four hours."""
    draw = random.random(count)
    quick = random.integers(5 * SECOND, 2 * MINUTE, count)
    slow = random.integers(5 * MINUTE, 30 * MINUTE, count)
    stuck = random.integers(30 * MINUTE, 4 * HOUR, count)
    return np.where(draw < 0.9, quick, np.where(draw < 0.98, slow, stuck))


def _outcomes(recipient: Ints, random: Random) -> Codes:
    drawn = random.choice(_FINAL, len(recipient), p=_FINAL_SHARE)
    drawn = np.where(recipient >= UNKNOWN, FAILED, drawn)
    return np.where(recipient < 0, EXPANDED, drawn).astype(np.int8)


def _ids(code: int, count: int, random: Random) -> NDArray[np.uint8]:
    """Random trace ids whose first four bytes hide `code`, so a look-up needs no index."""
    ids = random.integers(0, 256, (count, 16), dtype=np.uint8)
    hidden = np.frombuffer(code.to_bytes(4, "big"), dtype=np.uint8)
    ids[:, :4] = hidden ^ ids[:, 4:8] ^ ids[:, 12:16]
    return ids


def code_of(trace_id: bytes) -> int:
    """The code that `build_block` hid in a 16-byte id."""
    mixed = zip(trace_id[:4], trace_id[4:8], trace_id[12:16], strict=True)
    return int.from_bytes(bytes(head ^ low ^ high for head, low, high in mixed), "big")
