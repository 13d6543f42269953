"""Sending habits per kind of account: when, how much, to how many, about what.

Volumes are messages per week for 1,200 staff. Counts per hour are negative binomial with size
`dispersion`, because real senders are far burstier than a Poisson process.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Hours = NDArray[np.float64]

_OFFICE_HOURS = ".3 .1 .1 .1 .1 .2 .8 3 8 13 12.3 11.1 11 10.7 10.5 9.7 5.6 1.9 .6 .3 .2 .2 .2 .3"
_OFFICE_DAYS = "18.8 21.3 20 19.8 19.2 0.6 0.3"
_FLAT_HOURS = "3.2 3 3 3 3 3.6 4.2 4.8 5.2 5 5 4.8 4.6 4.8 4.8 4.6 4.4 4.4 4.2 4 3.8 3.6 3.4 3"
_FLAT_DAYS = "15 15 15 15 15 12.5 12.5"
_NIGHT_HOURS = "0 0 46 38 14 2 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"
_MORNING_HOURS = "0 0 0 0 0 0 90 8 2 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"


def _week(hours: str, days: str) -> Hours:
    """Share of the week in each local hour, Monday 00:00 first; 168 values that sum to 1."""
    grid = np.outer(np.array(days.split(), float), np.array(hours.split(), float)).ravel()
    return np.asarray(grid / grid.sum())


def _slots(*weekday_hours: tuple[int, int]) -> Hours:
    """Weight 1 in the named (weekday, local hour) slots: the number of mailings, not a share."""
    grid = np.zeros(168)
    for weekday, hour in weekday_hours:
        grid[weekday * 24 + hour] = 1.0
    return grid


OFFICE = _week(_OFFICE_HOURS, _OFFICE_DAYS)
ROUND_THE_CLOCK = _week(_FLAT_HOURS, _FLAT_DAYS)
NIGHT = _week(_NIGHT_HOURS, "14 14.5 14.5 14.5 14.5 14 14")
MORNING = _week(_MORNING_HOURS, "20 20 20 20 20 0 0")
_NEVER = np.zeros(168)
# Rhythms of senders that are not clockwork.
BOUTS, TWICE_WEEKLY, MONTHLY, QUARTERLY = "bouts", "twice a week", "monthly", "quarterly"


@dataclass(frozen=True, slots=True)
class SenderProfile:
    """Habits of one kind.

    `week` is the shape, `messages` the weekly volume, `single` the share of messages with one
    recipient, `pool` the contacts of a mature account as a share of staff, `pool_daily` the
    contacts it gains per day. `mailing_slots` and `mailing` describe planned mailings to all
    staff: "lists" goes through distribution lists, "direct" in messages of 50 recipients. `rhythm`
    says on which days it sends at all; `bout_spread` is the log spread of the sizes of its bouts.
    """

    messages: float = 0.0
    week: Hours = field(default_factory=lambda: OFFICE)
    dispersion: float = 0.6
    single: float = 0.86
    pool: float = 0.1
    pool_daily: float = 0.15
    size: int = 40_000
    subjects: tuple[str, ...] = ("Notification",)
    mailing: str = ""
    mailing_slots: Hours = field(default_factory=lambda: _NEVER)
    monthly: bool = False
    doubling_days: float = 0.0
    doubles_from_age: float = 0.0
    rhythm: str = ""
    bout_spread: float = 0.0

    @property
    def is_hourly(self) -> bool:
        """Busy in every hour of the week, so that a silent day is an incident."""
        return self.week is ROUND_THE_CLOCK


PROFILES: dict[str, SenderProfile] = {
    "newsletter": SenderProfile(
        messages=4,
        size=180_000,
        subjects=("This week at the company", "Site news", "Correction: this week"),
        mailing="lists",
        mailing_slots=_slots((1, 9), (3, 10)),
    ),
    "bulletin": SenderProfile(
        messages=10,
        size=90_000,
        subjects=("HR bulletin", "Your benefits", "Training calendar"),
        mailing="direct",
        mailing_slots=_slots((2, 9)),
    ),
    "alerts": SenderProfile(
        messages=2_000,
        week=ROUND_THE_CLOCK,
        dispersion=2.0,
        single=0.7,
        pool=0.012,
        pool_daily=0.01,
        size=9_000,
        subjects=("ALERT line 3 temperature", "RESOLVED line 3 temperature", "ALERT pump pressure"),
    ),
    "codes": SenderProfile(
        messages=1_900,
        week=ROUND_THE_CLOCK,
        dispersion=2.0,
        single=1.0,
        pool=0.6,
        pool_daily=0.2,
        size=6_000,
        subjects=("Your access code", "New sign-in to the door system"),
    ),
    "scan": SenderProfile(
        messages=1_500,
        dispersion=1.5,
        single=0.95,
        pool=0.18,
        size=900_000,
        subjects=("Scanned document", "Message from KM_C458"),
    ),
    "small_scan": SenderProfile(
        messages=600,
        dispersion=0.7,
        single=0.96,
        pool=0.07,
        size=700_000,
        subjects=("Scanned document", "Scan to e-mail"),
    ),
    "payroll": SenderProfile(
        messages=6,
        dispersion=0.4,
        size=60_000,
        subjects=("Your payslip is ready", "Reminder: time sheet", "Travel expenses"),
        mailing="direct",
        monthly=True,
    ),
    "intermittent": SenderProfile(
        messages=7,
        dispersion=0.3,
        single=0.5,
        pool=0.05,
        subjects=("Lift maintenance", "Parking deck closed", "Fire drill"),
    ),
    "growing": SenderProfile(
        messages=420,
        dispersion=1.0,
        single=0.8,
        pool=0.2,
        pool_daily=0.9,
        subjects=("Order shipped", "Order confirmed", "Delivery delayed"),
        doubling_days=90,
        doubles_from_age=320,
    ),
    "new": SenderProfile(
        messages=600,
        dispersion=0.9,
        single=0.84,
        pool=0.5,
        pool_daily=0.5,
        subjects=("Welcome aboard", "Your first week", "Equipment hand-over"),
    ),
    "ticketing": SenderProfile(
        messages=1_700,
        dispersion=2.0,
        single=0.82,
        pool=0.3,
        pool_daily=0.4,
        size=25_000,
        subjects=("[Ticket] updated", "[Ticket] opened", "[Ticket] closed", "[Ticket] survey"),
    ),
    "crm": SenderProfile(
        messages=800,
        dispersion=0.8,
        single=0.78,
        pool=0.1,
        size=35_000,
        subjects=("Lead assigned", "Weekly pipeline", "Quote approved"),
    ),
    "batch": SenderProfile(
        messages=2_500,
        week=NIGHT,
        dispersion=2.0,
        single=0.92,
        pool=0.09,
        size=240_000,
        subjects=("Nightly report", "Stock level", "Ledger close"),
    ),
    "digest": SenderProfile(
        messages=420,
        week=MORNING,
        dispersion=3.0,
        single=0.95,
        pool=0.12,
        size=30_000,
        subjects=("Your tasks today", "Open approvals"),
    ),
    "suspended": SenderProfile(
        messages=8,
        dispersion=0.3,
        single=0.6,
        pool=0.04,
        subjects=("Summer party", "Canteen plan"),
    ),
    "occasional": SenderProfile(
        messages=250,
        dispersion=1.5,
        single=0.7,
        pool=0.08,
        subjects=("Room changed", "Visitor expected", "Delivery at the gate"),
        rhythm=BOUTS,
        bout_spread=0.3,
    ),
    "lumpy": SenderProfile(
        messages=400,
        dispersion=1.0,
        single=0.6,
        pool=0.3,
        subjects=("Course invitation", "Survey", "Reminder: survey"),
        rhythm=BOUTS,
        bout_spread=1.2,
    ),
    "weekly_scan": SenderProfile(
        messages=100,
        dispersion=1.5,
        single=0.96,
        pool=0.03,
        size=700_000,
        subjects=("Scanned document", "Scan to e-mail"),
        rhythm=TWICE_WEEKLY,
    ),
    "monthly": SenderProfile(
        size=120_000,
        subjects=("Figures of the month",),
        mailing="direct",
        rhythm=MONTHLY,
    ),
    "quarterly": SenderProfile(
        size=150_000,
        subjects=("Quarterly report", "Quarterly safety briefing"),
        mailing="direct",
        rhythm=QUARTERLY,
    ),
    "person": SenderProfile(
        messages=45,
        dispersion=0.5,
        single=0.8,
        pool=0.05,
        subjects=("Private: lunch on Friday", "Private: your question", "Private: minutes"),
    ),
}
