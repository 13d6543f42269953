"""Rows of message traces as the service writes them."""

from __future__ import annotations

import uuid
from typing import NamedTuple, TypedDict

from simulator.graph.trace_query import message_id
from simulator.mail.block import STATUSES
from simulator.mail.instant import trace_text
from simulator.mail.traffic import SimulatedTraffic


class ServedTrace(TypedDict):
    """One `exchangeMessageTrace`; size in bytes."""

    id: str
    senderAddress: str
    recipientAddress: str
    messageId: str
    receivedDateTime: str
    subject: str
    size: int
    fromIP: str
    toIP: str
    status: str


class MessageHead(NamedTuple):
    """The values that all rows of a message share."""

    trace_id: str
    sender: str
    message_id: str
    subject: str
    source_ip: str


class Renderer:
    """Writes the rows of one block the way the service does, as of a clock."""

    def __init__(self, traffic: SimulatedTraffic, account: int, day: int, clock: int) -> None:
        self.block = traffic.block(account, day)
        self._directory = traffic.directory
        self._spellings = traffic.accounts[account].spellings
        self._subjects = traffic.subjects(account)
        self._sources = traffic.sources(account)
        self._status = self.block.status_at(clock)
        self._heads: dict[int, MessageHead] = {}

    def row(self, number: int) -> ServedTrace:
        """The row of this number in the block."""
        block = self.block
        head = self.head(int(block.message[number]))
        recipient, letter_case = int(block.recipient[number]), int(block.letter_case[number])
        return {
            "id": head.trace_id,
            "senderAddress": head.sender,
            "recipientAddress": self._directory.address(recipient, letter_case),
            "messageId": head.message_id,
            "receivedDateTime": trace_text(block.received[number]),
            "subject": head.subject,
            "size": int(block.size[number]),
            "fromIP": head.source_ip,
            "toIP": "",
            "status": STATUSES[self._status[number]],
        }

    def head(self, message: int) -> MessageHead:
        """The shared values of the message of this number in the block."""
        if message not in self._heads:
            block = self.block
            trace_id = str(uuid.UUID(bytes=block.ids[message].tobytes()))
            self._heads[message] = MessageHead(
                trace_id,
                self._spellings[block.sender[message]],
                message_id(trace_id, self._directory.domain),
                self._subjects[block.subject[message]],
                self._sources[block.source[message]],
            )
        return self._heads[message]
