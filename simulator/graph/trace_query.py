"""What a caller asks of message traces, and which rows of a block answer it."""

from __future__ import annotations

import uuid

import msgspec
import numpy as np

from simulator.mail.block import STATUSES, DayBlock
from simulator.mail.sends import Ints, Mask
from simulator.mail.traffic import SimulatedTraffic

SUBJECT_TESTS = ("contains", "startswith", "endswith")


class TraceRequest(msgspec.Struct, frozen=True):
    """Window in microseconds (both ends included), filters by property, page size.

    `equal` maps property names to the requested value; `subject` is (test, text) or None.
    """

    start: int
    end: int
    top: int
    equal: dict[str, str]
    subject: tuple[str, str] | None = None


class Selection:
    """Applies one query at one snapshot of the clock, block by block."""

    def __init__(self, traffic: SimulatedTraffic, query: TraceRequest, snapshot: int) -> None:
        self._traffic = traffic
        self._query = query
        self._snapshot = snapshot
        self._trace_id = _trace_id(query.equal)
        recipient = query.equal.get("recipientAddress")
        self._domain_only = recipient is not None and recipient.startswith("*@")
        self._recipient = traffic.directory.number_of(recipient) if recipient else None
        self.accounts = self._candidates()

    def rows(self, account: int, day: int) -> Ints:
        """Matching row numbers of a block, newest first."""
        block, query = self._traffic.block(account, day), self._query
        selected = (block.received >= query.start) & (block.received <= query.end)
        selected &= block.visible_at(self._snapshot)
        if selected.any():
            selected &= self._by_id(block) & self._by_sender(account, block)
            selected &= self._by_recipient(block) & self._by_text(account, block)
        return np.flatnonzero(selected)

    def _candidates(self) -> list[int]:
        """Accounts that can have matching rows at all."""
        sender = self._query.equal.get("senderAddress", "").lower()
        domain = f"*@{self._traffic.directory.domain}"
        accounts = self._traffic.accounts
        if self._domain_only and self._query.equal["recipientAddress"].lower() != domain:
            return []
        if self._query.equal.get("toIP"):
            return []  # the service reports no destination address for these rows
        if not sender:
            return [account.index for account in accounts]
        if sender.startswith("*@"):
            return [account.index for account in accounts if account.primary.endswith(sender[1:])]
        return [account.index for account in accounts if sender in account.addresses]

    def _by_id(self, block: DayBlock) -> Mask:
        if self._trace_id is None:
            return np.ones(len(block.message), bool)
        messages = (block.ids == np.frombuffer(self._trace_id, np.uint8)).all(axis=1)
        return np.asarray(messages[block.message])

    def _by_sender(self, account: int, block: DayBlock) -> Mask:
        sender = self._query.equal.get("senderAddress", "").lower()
        addresses = self._traffic.accounts[account].addresses
        if sender not in addresses:
            return np.ones(len(block.message), bool)
        return np.asarray((block.sender // 3 == addresses.index(sender))[block.message])

    def _by_recipient(self, block: DayBlock) -> Mask:
        if "recipientAddress" not in self._query.equal or self._domain_only:
            return np.ones(len(block.message), bool)
        if self._recipient is None:
            return np.zeros(len(block.message), bool)
        return np.asarray(block.recipient == self._recipient)

    def _by_text(self, account: int, block: DayBlock) -> Mask:
        """Status, source address and subject."""
        selected = np.ones(len(block.message), bool)
        equal = self._query.equal
        if "status" in equal:
            names = [name.lower() for name in STATUSES]
            status = equal["status"].lower()
            code = names.index(status) if status in names else -1
            selected &= block.status_at(self._snapshot) == code
        if "fromIP" in equal:
            sources = [ip == equal["fromIP"].lower() for ip in self._traffic.sources(account)]
            selected &= np.array(sources)[block.source][block.message]
        if self._query.subject:
            subjects = [self._matches(text) for text in self._traffic.subjects(account)]
            selected &= np.array(subjects)[block.subject][block.message]
        return selected

    def _matches(self, subject: str) -> bool:
        test, text = self._query.subject or ("contains", "")
        subject, text = subject.lower(), text.lower()
        if test == "startswith":
            return subject.startswith(text)
        return subject.endswith(text) if test == "endswith" else text in subject


def message_id(trace_id: str, domain: str) -> str:
    """The internet message id of a trace id: its digits backwards, so it can be undone."""
    return f"<{trace_id.replace('-', '')[::-1]}@relay.{domain}>"


def _trace_id(equal: dict[str, str]) -> bytes | None:
    """The requested trace id; sixteen zero bytes, which no row has, when it is malformed."""
    text = equal.get("id")
    if text is None and "messageId" in equal:
        text = equal["messageId"].strip("<>").partition("@")[0][::-1]
    if text is None:
        return None
    try:
        return uuid.UUID(text).bytes
    except ValueError:
        return bytes(16)
