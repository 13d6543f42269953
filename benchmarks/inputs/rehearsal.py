"""Traffic with known incidents for measuring detection: rows as columns, and the labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from benchmarks.inputs.attacks import SHAPES, attack_sends
from benchmarks.inputs.campaign import plan_campaign
from benchmarks.inputs.distortions import distorted, failing
from benchmarks.inputs.fleet import draw_fleet
from benchmarks.inputs.incident import RehearsedIncident
from benchmarks.inputs.irregular import add_irregular
from simulator.mail.account import Account
from simulator.mail.block import DayBlock
from simulator.mail.directory import Directory
from simulator.mail.incident import InjectedIncident
from simulator.mail.instant import day_of, micros, moment_of
from simulator.mail.rhythm import Rhythms
from simulator.mail.sends import Sends
from simulator.mail.traffic import SimulatedTraffic

DOMAIN = "contoso.com"


class RehearsalTraffic(SimulatedTraffic):
    """Traffic in which every family of incidents and look-alikes occurs."""

    incidents: Sequence[RehearsedIncident]

    def _draw(self, account: int, day: int) -> DayBlock:
        random = np.random.default_rng([self._seed, account, day, 8])
        return failing(super()._draw(account, day), self._of(account), random)

    def _of(self, account: int) -> list[RehearsedIncident]:
        return [item for item in self.incidents if item.account == account]

    def _changed(self, account: int, day: int, sends: Sends) -> Sends:
        random = np.random.default_rng([self._seed, account, day, 7])
        for item in self._of(account):
            sends = distorted(sends, item, self._labels(item)[0], random)
        return sends

    def _added(self, item: InjectedIncident) -> Sends | None:
        if not isinstance(item, RehearsedIncident) or item.family not in SHAPES:
            return None
        contacts = self._habits.contacts(self.accounts[item.account], day_of(item.start))
        source, subject = self._labels(item)
        return attack_sends(self._seed, item, contacts, self.directory.staff, source, subject)


@dataclass(frozen=True)
class Rehearsal:
    """A drawn tenant.

    Columns of numbers: account and day and message (which together name a message), recipient,
    received and visible (microseconds), status (index of block.STATUSES), source and subject
    (indexes of the account's own, see `names`).
    """

    traffic: RehearsalTraffic
    days: range

    @property
    def incidents(self) -> list[RehearsedIncident]:
        """What was injected, look-alikes too."""
        return list(self.traffic.incidents)

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Every row of the whole history."""
        blocks = [
            self._block(account.index, day)
            for account in self.traffic.accounts
            for day in self.days
        ]
        return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}

    def _block(self, account: int, day: int) -> dict[str, NDArray[np.generic]]:
        block = self.traffic.block(account, day)
        message = block.message
        return {
            "account": np.full(len(message), account),
            "day": np.full(len(message), day),
            "message": message,
            "recipient": block.recipient,
            "received": block.received,
            "visible": block.visible,
            "status": block.final,
            "source": block.source[message],
            "subject": block.subject[message],
        }

    def names(self, what: Callable[[int], Sequence[str]]) -> list[tuple[int, int, str]]:
        """(account, index, text) of every account's texts, such as `traffic.sources`."""
        return [
            (account.index, index, text)
            for account in self.traffic.accounts
            for index, text in enumerate(what(account.index))
        ]


def draw_rehearsal(
    seed: int, accounts: int = 60, days: int = 120, irregular: float = 0.0
) -> Rehearsal:
    """A tenant whose size, season, accounts and incidents follow from the seed.

    irregular: share of the accounts that are not clockwork.
    """
    random = np.random.default_rng([seed, 23])
    now = datetime.fromisoformat("2026-01-05T00:00:00+00:00")
    end = moment_of(micros(now) + int(random.integers(0, 365)) * 86_400_000_000)
    staff = int(np.exp(random.uniform(np.log(250), np.log(2_500))))
    first_day = day_of(micros(end)) - days
    fleet = draw_fleet(seed, DOMAIN, end, accounts, irregular)
    history = range(first_day, first_day + days)
    incidents = _planned(seed, fleet, staff, history, irregular > 0.0)
    fleet = [_born(account, incidents) for account in fleet]
    directory = Directory(DOMAIN, staff, first_day)
    traffic = RehearsalTraffic(seed, fleet, directory, incidents, first_day)
    return Rehearsal(traffic, history)


def _planned(
    seed: int, fleet: list[Account], staff: int, days: range, is_irregular: bool
) -> list[RehearsedIncident]:
    plan = plan_campaign(seed, fleet, staff, days.start, len(days))
    if is_irregular:
        add_irregular(plan, Rhythms(seed), days)
    return sorted(plan.placed, key=lambda item: (item.start, item.account))


def _born(account: Account, incidents: list[RehearsedIncident]) -> Account:
    """The account, young where its beginning is one of the look-alikes."""
    for item in incidents:
        if item.account == account.index and item.family == "new_account":
            return replace(account, created_at=moment_of(item.start))
    return account
