"""Incidents and benign look-alikes of one seed: family, strength, carrier and time are drawn.

Ranges follow published figures of compromised senders (sizes, duration, working hours, share of
new recipients); where nothing is published they are our own choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.inputs.incident import RehearsedIncident
from simulator.mail.account import Account
from simulator.mail.instant import DAY, HOUR, MINUTE
from simulator.mail.localtime import is_off_hours
from simulator.mail.sends import Random

QUIET_DAYS = 35  # at the start of the history: baselines are learnt
_APART = 14 * DAY  # at least, between two incidents of an account
_TRIES = 200
_TO_EVERYBODY = ("smash", "announced", "all_staff")
OFFICE = ("scan", "small_scan", "ticketing", "crm", "growing")
_HOURLY = ("alerts", "codes")
_DAILY = ("batch", "digest")
_ACQUAINTED = ("scan", "ticketing", "crm", "growing", "batch", "digest")
_BUSY = ("ticketing", "alerts", "codes")
_ANY = (*OFFICE, *_HOURLY, *_DAILY, "intermittent")


@dataclass
class Campaign:
    """Places incidents on accounts so that none touches another."""

    random: Random
    accounts: Sequence[Account]
    staff: int
    first: int
    last: int
    placed: list[RehearsedIncident] = field(default_factory=list)

    def carrier(self, kinds: Sequence[str], start: int, end: int, is_new: bool) -> int | None:
        """An account of these kinds that is free from start to end.

        A new source stands out only where the account's own are known and few.
        """
        fitting = [
            account.index
            for account in self.accounts
            if account.kind in kinds
            and self.is_free(account.index, start, end)
            and (not is_new or (len(account.source_ips) <= 2 and account.source_ips[0]))
        ]
        return int(self.random.choice(fitting)) if fitting else None

    def add(
        self,
        kinds: Sequence[str],
        length: int,
        draw: Callable[[int], RehearsedIncident],
        when: str = "any",
        is_new: bool = False,
    ) -> None:
        """Place one incident of a length; `when` is any, office or off."""
        for _ in range(_TRIES):
            start = int(self.random.integers(self.first, self.last - length))
            start -= start % MINUTE
            carrier = self.carrier(kinds, start, start + length, is_new)
            if carrier is not None and _fits(when, start, min(length, 3 * HOUR)):
                drawn = draw(carrier)
                self.placed.append(replace(drawn, start=start, end=start + length))
                return

    def place(
        self, kinds: Sequence[str], length: int, item: RehearsedIncident, when: str = "any"
    ) -> None:
        """Place an incident that is the same on every carrier."""
        is_new = item.source_ip is not None
        self.add(kinds, length, lambda account: replace(item, account=account), when, is_new)

    def source(self) -> str:
        """An address that no account has used."""
        return f"2001:db8:{int(self.random.integers(4_096, 65_536)):x}::25"

    def is_free(self, account: int, start: int, end: int) -> bool:
        """Whether nothing is near, and nobody was written to who should be new once more."""
        return all(
            item.account != account
            or end + _APART < item.start
            or (item.end + _APART < start and item.family not in _TO_EVERYBODY)
            for item in self.placed
        )


def plan_campaign(
    seed: int, accounts: Sequence[Account], staff: int, first_day: int, days: int
) -> Campaign:
    """Every family at least once, after the quiet start of the history."""
    random = np.random.default_rng([seed, 22])
    first, last = (first_day + QUIET_DAYS) * DAY, (first_day + days - 3) * DAY
    plan = Campaign(random, accounts, staff, first, last)
    for place in (_attacks, _faults, _look_alikes):
        place(plan)
    return plan


def _fits(when: str, start: int, length: int) -> bool:
    marks = {is_off_hours(start), is_off_hours(start + length)}
    return when == "any" or marks == {when == "off"}


def _attacks(plan: Campaign) -> None:
    random = plan.random
    for _ in range(2):
        _smash(plan)
    for is_new in (False, True, False, True):
        _lateral(plan, is_new)
    for _ in range(2):
        _contacts(plan)
    for is_new in (False, True):
        _drip(plan, is_new)
    _two_phase(plan)
    length = int(random.integers(3, 10)) * DAY
    swap = RehearsedIncident(0, "new_source", "relay_swap", 0, 0, 0, plan.source())
    plan.place(_ANY, length, swap)


def _smash(plan: Campaign) -> None:
    random = plan.random
    rows = int(np.clip(random.lognormal(np.log(4_000), 0.7), 2_000, 20_000))
    source = plan.source() if random.random() < 0.7 else None
    strength = "own source" if source is None else "new source"
    item = RehearsedIncident(0, "surge", "smash", 0, 0, rows, source, 1.0, strength)
    when = "off" if random.random() < 0.6 else "any"
    length = int(random.uniform(1, 12) * HOUR)
    plan.place(_ANY, length, item, when)


def _lateral_rows(plan: Campaign) -> int:
    """Median 100 and mean 650 recipients, at most two thirds of the staff."""
    rows = plan.random.lognormal(np.log(100), 1.93)
    return int(np.clip(rows, 10, min(5_000, 2 * plan.staff // 3)))


def _lateral(plan: Campaign, is_new: bool) -> None:
    random, rows = plan.random, _lateral_rows(plan)
    size = "to 50" if rows <= 50 else "over 50"
    strength = f"{size}, {'new' if is_new else 'own'} source"
    share = float(random.uniform(0.4, 1.0))
    source = plan.source() if is_new else None
    item = RehearsedIncident(0, "surge", "lateral", 0, 0, rows, source, share, strength)
    length = int(random.uniform(10, 180) * MINUTE)
    when = "office" if random.random() < 0.82 else "any"
    plan.place(_ANY, length, item, when)


def _contacts(plan: Campaign) -> None:
    random = plan.random
    rows = int(np.exp(random.uniform(np.log(600), np.log(16_000))))
    share = float(random.uniform(0.0, 0.3))
    source = plan.source() if random.random() < 0.5 else None
    strength = "own source" if source is None else "new source"
    length = int(random.uniform(0.5, 6.0) * HOUR)

    def draw(account: int) -> RehearsedIncident:
        pool = plan.accounts[account].profile.pool * plan.staff
        most = max(60, int(pool))  # in a small organisation an account has no more contacts
        return RehearsedIncident(
            account, "surge", "contacts", 0, 0, min(rows, most), source, share, strength
        )

    plan.add(_ACQUAINTED, length, draw, "office", source is not None)


def _drip(plan: Campaign, is_new: bool) -> None:
    random = plan.random
    rows, share = int(random.integers(50, 251)), float(random.uniform(0.5, 1.0))
    strength = f"{'new' if is_new else 'own'} source"
    source = plan.source() if is_new else None
    item = RehearsedIncident(0, "drift", "drip", 0, 0, rows, source, share, strength)
    length = int(random.uniform(3, 14) * DAY)
    plan.place(_ANY, length, item, "office")


def _two_phase(plan: Campaign) -> None:
    random, rows = plan.random, _lateral_rows(plan)
    share = float(random.uniform(0.4, 1.0))
    item = RehearsedIncident(0, "surge", "two_phase", 0, 0, rows + 5, plan.source(), share)
    length = int(random.uniform(1, 7) * DAY)
    plan.place(_ANY, length, item, "office")


def _faults(plan: Campaign) -> None:
    random = plan.random
    for strength in ("weak", "strong"):
        _runaway(plan, strength)
    for kinds, name, low, high in ((_HOURLY, "hourly", 12, 60), (_DAILY, "daily", 72, 144)):
        length = int(random.uniform(low, high) * HOUR)
        for _ in range(2 if name == "hourly" else 1):
            plan.place(
                kinds, length, RehearsedIncident(0, "silence", "silence", 0, 0, strength=name)
            )
    for _ in range(2):
        strength = str(random.choice(["failed", "failed", "quarantined", "filtered"]))
        share, length = float(random.uniform(0.4, 1.0)), int(random.uniform(4, 12) * HOUR)
        item = RehearsedIncident(
            0, "failure_storm", "failure_storm", 0, 0, 0, None, share, strength
        )
        plan.place(_BUSY, length, item, "office")
    length, share = int(random.uniform(10, 20) * DAY), float(random.uniform(2.0, 4.0))
    ramp = RehearsedIncident(0, "drift", "ramp", 0, 0, 0, None, share)
    plan.place((*OFFICE, *_HOURLY), length, ramp)


def _runaway(plan: Campaign, strength: str) -> None:
    """A constant extra rate: about the account's busy hour when weak, many times it when strong."""
    random = plan.random
    factor = random.uniform(0.5, 1.5) if strength == "weak" else random.uniform(2.0, 10.0)
    length = int(random.uniform(6, 36) * HOUR)

    def draw(account: int) -> RehearsedIncident:
        profile = plan.accounts[account].profile
        busy = profile.messages * np.sqrt(plan.staff / 1_200) * profile.week.max()
        rate = max(20.0, float(factor * busy))
        rows = int(rate * length / HOUR)
        return RehearsedIncident(account, "drift", "runaway", 0, 0, rows, None, 0.0, strength)

    plan.add(_ANY, length, draw)


def _look_alikes(plan: Campaign) -> None:
    random, staff = plan.random, plan.staff
    share = float(random.uniform(0.3, 1.0))
    announced = RehearsedIncident(0, "surge", "announced", 0, 0, round(share * staff), benign=True)
    plan.place(OFFICE, 3 * HOUR, announced, "office")
    everybody = RehearsedIncident(0, "surge", "all_staff", 0, 0, round(0.95 * staff), benign=True)
    plan.place(OFFICE, 20 * MINUTE, everybody, "office")
    young = RehearsedIncident(0, "drift", "new_account", 0, 0, benign=True)
    plan.place(OFFICE, 28 * DAY, young)
    moved = RehearsedIncident(0, "surge", "clock_change", 0, 0, benign=True)
    plan.place((*_DAILY, *OFFICE), 21 * DAY, moved)
    plan.placed.extend(_holiday(plan))


def _holiday(plan: Campaign) -> Iterator[RehearsedIncident]:
    """A working day on which the offices send next to nothing; machines go on."""
    day = int(plan.random.integers(plan.first // DAY, plan.last // DAY))
    while is_off_hours(day * DAY + 11 * HOUR):
        day += 1
    share = float(plan.random.uniform(0.02, 0.2))
    for account in plan.accounts:
        if account.kind in (*OFFICE, "digest"):
            start, end = day * DAY - 2 * HOUR, day * DAY + 22 * HOUR
            yield RehearsedIncident(
                account.index, "silence", "holiday_dip", start, end, share=share, benign=True
            )
