"""What a tenant of many irregular accounts adds: outages of them, growth, a stop in the holidays.

An outage begins with the first day on which mail was due and does not come. It must be noticed
within two of the account's usual intervals, a lost mailing within ten days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.inputs.campaign import OFFICE, QUIET_DAYS, Campaign
from benchmarks.inputs.fleet import IRREGULAR
from benchmarks.inputs.incident import RehearsedIncident
from simulator.mail.account import Account
from simulator.mail.instant import DAY, HOUR
from simulator.mail.localtime import local
from simulator.mail.rhythm import Rhythms

_WITH_OUTAGE = 0.3  # share of the accounts of a kind, at least one account
_TIMES_LONGEST = 3.0  # length of an outage beside the longest gap of 90 days
_THREE_WEEKS = 21
_LEAST_INTERVALS = 2  # known before an outage
_DAYS_FOR_MAILING = 10
_STOPPING = (*OFFICE, "digest", "occasional", "lumpy", "weekly_scan")


def add_irregular(plan: Campaign, rhythms: Rhythms, days: range) -> None:
    """Place what regular tenants do not have, after everything else."""
    for kind in IRREGULAR:
        accounts = [account for account in plan.accounts if account.kind == kind]
        number = max(1, round(_WITH_OUTAGE * len(accounts)))
        for place in plan.random.permutation(len(accounts))[:number].tolist():
            _place_outage(plan, accounts[place], rhythms, days)
    _attack(plan)
    _growth(plan)
    plan.placed.extend(_stop(plan))


def _attack(plan: Campaign) -> None:
    """One smash from a new source and one mailing from the account's own, both to strangers."""
    random, kinds = plan.random, ("occasional", "lumpy", "weekly_scan")
    rows = int(np.clip(random.lognormal(np.log(4_000), 0.7), 2_000, 20_000))
    smash = RehearsedIncident(
        0, "surge", "smash", 0, 0, rows, plan.source(), 1.0, "irregular, new source"
    )
    plan.place(kinds, int(random.uniform(1, 12) * HOUR), smash)
    rows = int(random.uniform(0.2, 0.6) * plan.staff)
    lateral = RehearsedIncident(
        0, "surge", "lateral", 0, 0, rows, None, 1.0, "irregular, own source"
    )
    plan.place(kinds, int(random.uniform(0.5, 3) * HOUR), lateral, "office")


def _growth(plan: Campaign) -> None:
    """Two accounts that grow over weeks because more work goes through them."""
    for _ in range(2):
        share = float(plan.random.uniform(1.5, 3.0))
        length = int(plan.random.uniform(28, 56)) * DAY
        item = RehearsedIncident(0, "drift", "growth", 0, 0, share=share, benign=True)
        plan.place(OFFICE, length, item)


def _stop(plan: Campaign) -> Iterator[RehearsedIncident]:
    """The offices close for one to two weeks, as at the turn of the year; machines go on."""
    length = int(plan.random.integers(7, 15)) * DAY
    start = int(plan.random.integers(plan.first, plan.last - length)) // DAY * DAY
    while local(start + 12 * HOUR).weekday() != 5:  # from a Saturday on
        start += DAY
    for account in plan.accounts:
        if account.kind in _STOPPING and plan.is_free(account.index, start, start + length):
            yield RehearsedIncident(
                account.index, "silence", "holiday_stop", start, start + length, benign=True
            )


@dataclass(frozen=True)
class _Course:
    """Days on which an account plans mail, in order, up to the first that is lost."""

    before: list[int]
    lost: int

    @property
    def longest(self) -> int:
        """The longest gap of the ninety days before, in days from mail to mail."""
        late = [day for day in self.before if day >= self.lost - 90]
        return int(np.diff([*late, self.lost]).max())

    @property
    def usual(self) -> float:
        """The mean gap between days with mail; a second day of one bout is no gap."""
        gaps = np.diff(self.before)
        return float(gaps[gaps > 1].mean())


def _place_outage(plan: Campaign, account: Account, rhythms: Rhythms, days: range) -> None:
    active = [day for day in days if rhythms.sends(account, day)]
    for place in plan.random.permutation(len(active)).tolist():
        course = _Course(active[:place], active[place])
        if course.lost < days.start + QUIET_DAYS or place <= _LEAST_INTERVALS:
            continue
        outage = _outage(plan, account, course)
        fits = outage.deadline <= days.stop * DAY
        if fits and plan.is_free(account.index, outage.start, outage.end):
            plan.placed.append(outage)
            return


def _outage(plan: Campaign, account: Account, course: _Course) -> RehearsedIncident:
    last = course.before[-1]
    if account.kind in ("monthly", "quarterly"):
        length = round(float(plan.random.uniform(0.5, 1.5)) * course.usual)
        end, deadline = course.lost + length, course.lost + _DAYS_FOR_MAILING
    else:
        longest = _TIMES_LONGEST * course.longest
        least = _THREE_WEEKS if account.kind == "weekly_scan" else longest
        end = last + round(max(least, longest)) + int(plan.random.integers(1, 4))
        deadline = course.lost + round(2 * course.usual)
    item = RehearsedIncident(account.index, "silence", "outage", course.lost * DAY, end * DAY)
    return replace(item, strength=account.kind, deadline=deadline * DAY)
