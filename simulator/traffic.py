"""The rows of the tenant, drawn per account and UTC day when somebody asks for them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from simulator.account import Account
from simulator.block import Block, build_block, code_of
from simulator.directory import Directory
from simulator.habits import Habits
from simulator.incident import Incident, burst_sends
from simulator.instant import DAY, day_of
from simulator.sends import Sends, join

_ACCOUNT_BITS = 8


class Traffic:
    """Blocks by (account index, UTC day number); safe to use from several threads.

    `accounts` are all senders: the High Volume Email accounts first, then ordinary users.
    Each block comes from its own generator seeded by (seed, account, day): asking for later days
    never changes an earlier one.
    """

    def __init__(
        self,
        seed: int,
        accounts: Sequence[Account],
        directory: Directory,
        incidents: Sequence[Incident],
        first_day: int,
        people: Sequence[Account] = (),
    ) -> None:
        self.hve_accounts = accounts
        self.accounts = [*accounts, *people]
        self.directory = directory
        self.incidents = incidents
        self.first_day = first_day
        self._seed = seed
        self._habits = Habits(seed, directory)
        self._blocks: dict[tuple[int, int], Block] = {}
        self._drawing = threading.Lock()

    def block(self, account: int, day: int) -> Block:
        """The rows of one account on one day, visible or not."""
        with self._drawing:
            if (account, day) not in self._blocks:
                self._blocks[account, day] = self._draw(account, day)
            return self._blocks[account, day]

    def locate(self, trace_id: bytes) -> tuple[int, int] | None:
        """(account index, day) that a 16-byte trace id belongs to; None for a foreign id."""
        day, account = divmod(code_of(trace_id), 1 << _ACCOUNT_BITS)
        known = account < len(self.accounts) and 0 <= day - self.first_day < 100_000
        return (account, day) if known else None

    def subjects(self, account: int) -> list[str]:
        """Subjects of an account; the last one belongs to bursts."""
        return [*self.accounts[account].profile.subjects, "Action required: confirm your mailbox"]

    def sources(self, account: int) -> list[str]:
        """Source addresses of an account; those of bursts come last."""
        bursts = [item.source_ip for item in self._surges(account) if item.source_ip]
        return [*self.accounts[account].source_ips, *bursts]

    def _surges(self, account: int) -> list[Incident]:
        return [item for item in self.incidents if item.account == account and item.kind == "surge"]

    def _draw(self, account: int, day: int) -> Block:
        random = np.random.default_rng([self._seed, account, day, 0])
        owner = self.accounts[account]
        sends = self._without_silences(account, self._habits.messages(owner, day, random))
        sends = join([sends, *self._burst_parts(account, day)])
        code = (day << _ACCOUNT_BITS) + account
        return build_block(sends, len(owner.spellings), code, random)

    def _without_silences(self, account: int, sends: Sends) -> Sends:
        for item in self.incidents:
            if item.account == account and item.kind == "silence":
                sends = sends.keep((sends.received < item.start) | (sends.received >= item.end))
        return sends

    def _burst_parts(self, account: int, day: int) -> list[Sends]:
        """The messages of each burst that fall on the day."""
        parts = []
        subject = len(self.subjects(account)) - 1
        first_source = len(self.accounts[account].source_ips)
        for number, item in enumerate(self._surges(account)):
            if day_of(item.start) <= day <= day_of(item.end):
                staff = self.directory.staff
                sends = burst_sends(self._seed, item, staff, first_source + number, subject)
                parts.append(sends.keep(sends.received // DAY == day))
        return parts
