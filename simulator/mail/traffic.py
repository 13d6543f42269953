"""The rows of the tenant, drawn per account and UTC day when somebody asks for them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from simulator.mail.account import Account
from simulator.mail.block import DayBlock, build_block, code_of
from simulator.mail.directory import Directory
from simulator.mail.habits import Habits
from simulator.mail.incident import BURST, SILENCE, InjectedIncident, burst_sends
from simulator.mail.instant import DAY, day_of
from simulator.mail.sends import Sends, join

_ACCOUNT_BITS = 8


class SimulatedTraffic:
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
        incidents: Sequence[InjectedIncident],
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
        self._blocks: dict[tuple[int, int], DayBlock] = {}
        self._drawing = threading.Lock()

    def block(self, account: int, day: int) -> DayBlock:
        """The rows of one account on one day, visible or not."""
        with self._drawing:
            if (account, day) not in self._blocks:
                self._blocks[account, day] = self._draw(account, day)
            return self._blocks[account, day]

    def locate(self, trace_id: bytes) -> tuple[int, int] | None:
        """(account index, day) that a 16-byte trace id belongs to; None for a foreign id."""
        day, account = divmod(code_of(trace_id), 1 << _ACCOUNT_BITS)
        exists = account < len(self.accounts) and 0 <= day - self.first_day < 100_000
        return (account, day) if exists else None

    def subjects(self, account: int) -> list[str]:
        """Subjects of an account; the last one belongs to bursts."""
        return [*self.accounts[account].profile.subjects, "Action required: confirm your mailbox"]

    def sources(self, account: int) -> list[str]:
        """Source addresses of an account; those of incidents come last."""
        added = [item.source_ip for item in self._of(account) if item.source_ip is not None]
        return [*self.accounts[account].source_ips, *added]

    def _of(self, account: int) -> Sequence[InjectedIncident]:
        return [item for item in self.incidents if item.account == account]

    def _draw(self, account: int, day: int) -> DayBlock:
        random = np.random.default_rng([self._seed, account, day, 0])
        owner = self.accounts[account]
        sends = self._changed(account, day, self._habits.messages(owner, day, random))
        sends = join([sends, *self._added_parts(account, day)])
        code = (day << _ACCOUNT_BITS) + account
        return build_block(sends, len(owner.spellings), code, random)

    def _changed(self, account: int, _day: int, sends: Sends) -> Sends:
        """The ordinary messages of a day without those that fall into a silence."""
        for item in self._of(account):
            if item.family == SILENCE:
                sends = sends.keep((sends.received < item.start) | (sends.received >= item.end))
        return sends

    def _added_parts(self, account: int, day: int) -> list[Sends]:
        """The messages of each incident that fall on the day."""
        near = (item for item in self._of(account) if day_of(item.start) <= day <= day_of(item.end))
        parts = [self._added(item) for item in near]
        return [sends.keep(sends.received // DAY == day) for sends in parts if sends]

    def _added(self, item: InjectedIncident) -> Sends | None:
        """All messages of a burst, whichever days it touches; None for another incident."""
        if item.family != BURST:
            return None
        source, subject = self._labels(item)
        return burst_sends(self._seed, item, self.directory.staff, source, subject)

    def _labels(self, item: InjectedIncident) -> tuple[int, int]:
        """Indexes of source address and subject; without an address the account's first one."""
        sources = self.sources(item.account)
        source = sources.index(item.source_ip) if item.source_ip is not None else 0
        return source, len(self.subjects(item.account)) - 1
