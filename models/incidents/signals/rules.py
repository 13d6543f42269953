"""Tabular signals: quarter-hours in which an account did what its own past does not show.

Each rule compares a trailing sum with the account's own record; a finding is weak just above it,
strong well above it. What signals mean together is in models.incidents.severity.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hve_monitor.plural import plural, whole_percent
from models.incident import SIGNALS
from models.incidents.signals.own_past import (
    MONTHLY_DAYS,
    SETTLED,
    active_days_before,
    in_quiet_hours,
    own_records,
    own_shares,
    sends_rarely,
    settled_days_before,
)
from models.incidents.signals.quarter_hours import QUARTERS_PER_DAY, Floats, Ints, QuarterHours
from models.statistics import known_or_zero

HOURS, DAYS = 4, QUARTERS_PER_DAY
CONTEXT_DAYS = 80  # what a rule looks back at, at most, and the episodes' days
WEAK, STRONG = 1, 2
RECENT_DAYS = 28
LEAST_GAP_DAYS = 30  # without mail: after it an account counts as dormant
_SOURCE_DAYS = 56
_SOURCE_AGE_DAYS = 21  # of an account, before its sources are known
_MOST_YOUNG_DAYS = 12  # of eight weeks; a new network is young for seven
_MOST_YOUNG_SHARE = 0.35  # of the days with mail, likewise
_LEAST_SOURCE_DAYS = 15  # with mail, before a source can be called new
_LONG = 10_000  # days: the whole history
LEAST_KNOWN = 0.8  # share of recipients whose source, or status, must be known
_LEAST_KNOWN_DAYS = 0.5  # share of the days with mail whose status, or subject, must be known
_MOST_SUBJECTS = 6  # new ones in four weeks, likewise
_OWN_GAPS = 1.5
_ONE_SIDED = 1.5  # times the usual share of the recipient who has most of the mail


KNOWN = "known_status_recipients"


@dataclass(frozen=True)
class SignalRule:
    """Fires where the trailing sum of `count` exceeds floor + factor × the account's record.

    Units:  window in quarter-hours; strong is how much more than weak a strong finding shows.
    """

    signal: str
    count: str
    window: int
    floor: float
    factor: float
    strong: float
    days: int = 56
    gap: int = 0
    share: float = 0.0  # of the recipients in the window, at least
    of: str = "recipients"  # which recipients the share is of
    rare_share: float = 0.0  # the same of an account that sends rarely
    settled: int = 0  # first days of an account that set no record


# Of a mailing a few are always new: people join, and more from one month or quarter to the next.
_strangers = partial(
    SignalRule,
    "new_recipients",
    "new_recipients",
    share=0.03,
    of="wide_recipients",
    rare_share=0.15,
    settled=7,
)
RULES = (
    _strangers(3 * HOURS, 5.0, 1.2, 2.0, 28),
    _strangers(1 * DAYS, 8.0, 1.2, 2.0, 28, 1),
    _strangers(7 * DAYS, 12.0, 1.3, 1.5, 28, 7),
    SignalRule("fan_out", "widest", 1, 4.0, 1.15, 1.3, MONTHLY_DAYS),
    SignalRule("fan_out", "wide_recipients", 3 * HOURS, 15.0, 1.2, 1.5, MONTHLY_DAYS),
    SignalRule("fan_out", "wide_recipients", 8 * HOURS, 15.0, 1.2, 1.5, MONTHLY_DAYS),
    SignalRule("failure_storm", "failed", 3 * HOURS, 5.0, 1.2, 1.3, share=0.3, of=KNOWN),
    SignalRule("failure_storm", "failed", 3 * HOURS, 5.0, 1.2, 1.0, share=0.6, of=KNOWN),
    SignalRule("failure_storm", "failed", 3 * HOURS, 8.0, 1.5, 1.5, share=0.1, of=KNOWN),
    SignalRule("failure_storm", "failed", 1 * DAYS, 15.0, 1.5, 1.5, gap=1, share=0.1, of=KNOWN),
    SignalRule("filtered_share", "filtered", 3 * HOURS, 5.0, 1.2, 1.3, share=0.3, of=KNOWN),
    SignalRule("filtered_share", "filtered", 3 * HOURS, 5.0, 1.2, 1.0, share=0.6, of=KNOWN),
    SignalRule("filtered_share", "filtered", 3 * HOURS, 8.0, 1.5, 1.5, share=0.1, of=KNOWN),
    SignalRule("filtered_share", "filtered", 1 * DAYS, 15.0, 1.5, 1.5, gap=1, share=0.1, of=KNOWN),
    SignalRule("external_attempts", "external", 1 * DAYS, 2.0, 1.3, 5.0, gap=1),
    SignalRule("repeated_recipient", "most_repeated", 2 * HOURS, 12.0, 1.3, 1.5),
    SignalRule("repeated_recipient", "most_repeated", 8 * HOURS, 10.0, 1.2, 1.2),
)


# Signals that only rows with a status can show.
OF_STATUS = ("failure_storm", "filtered_share", "external_attempts")


@dataclass(frozen=True)
class Fitness:
    """What decides whether a signal can say anything about an account, per row of the activity."""

    age_days: Ints
    known_days: Floats  # of the four weeks before
    source_days: Floats
    known_share: Floats
    recent_source_days: Floats
    young_days: Floats
    subject_days: Floats
    mail_days: Floats
    status_days: Floats
    recipient_days: Floats
    titled_days: Floats

    @cached_property
    def status_is_usable(self) -> NDArray[np.bool_]:
        """Rows of accounts whose past days tell what usually fails: an unknown record is not 0."""
        return np.asarray(self.status_days >= _LEAST_KNOWN_DAYS * self.mail_days)

    @cached_property
    def subject_is_usable(self) -> NDArray[np.bool_]:
        """Rows of accounts whose past subjects are known, so that one can be new."""
        return np.asarray(self.titled_days >= _LEAST_KNOWN_DAYS * self.mail_days)

    @cached_property
    def source_is_usable(self) -> NDArray[np.bool_]:
        """Rows of accounts whose sources are known and steady in the eight weeks before."""
        known = (self.known_share >= LEAST_KNOWN) & (self.source_days >= _LEAST_SOURCE_DAYS)
        return np.asarray(known & (self.age_days >= _SOURCE_AGE_DAYS) & ~self.is_roaming)

    @cached_property
    def is_roaming(self) -> NDArray[np.bool_]:
        """Rows of accounts that send from new addresses all the time."""
        share = self.young_days / np.maximum(self.recent_source_days, 1.0)
        return np.asarray((self.young_days > _MOST_YOUNG_DAYS) | (share > _MOST_YOUNG_SHARE))

    def reasons(self, row: int) -> dict[str, str]:
        """Why signals are unavailable at a row: signal -> reason."""
        if self.age_days[row] < SETTLED:
            day = f"day {int(self.age_days[row]) + 1} of {SETTLED}"
            return dict.fromkeys(SIGNALS, f"history too short: {day} of learning this account")
        if self.known_days[row] < SETTLED:
            days = f"{self.known_days[row]:.0f} of the last {RECENT_DAYS} days"
            return dict.fromkeys(SIGNALS, f"too little was read: {days}")
        missing = {}
        if self.known_share[row] < LEAST_KNOWN or np.isnan(self.known_share[row]):
            share = whole_percent(float(known_or_zero(self.known_share[row])))
            missing["new_source"] = f"the source address is known for {share} of the recipients"
        elif self.source_days[row] < _LEAST_SOURCE_DAYS:
            days = plural(self.source_days[row], "day")
            missing["new_source"] = f"only {days} with mail to compare with"
        elif self.age_days[row] < _SOURCE_AGE_DAYS:
            day = f"day {int(self.age_days[row]) + 1} of {_SOURCE_AGE_DAYS}"
            missing["new_source"] = f"history too short: {day} of learning its sources"
        elif self.is_roaming[row]:
            missing["new_source"] = "the account sends from new addresses all the time"
        if self.subject_days[row] > _MOST_SUBJECTS:
            missing["new_subject"] = "the account writes under new subjects all the time"
        if not self.status_is_usable[row]:
            missing |= dict.fromkeys(OF_STATUS, self._without_status(row))
        if not self.recipient_days[row]:
            names = ("new_recipients", "repeated_recipient", "external_attempts")
            missing |= dict.fromkeys(names, "recipients are not kept, or not known")
        if not self.titled_days[row]:
            missing["new_subject"] = "subjects are not kept, or not known"
        elif not self.subject_is_usable[row]:
            days, known = self.mail_days[row], self.titled_days[row]
            missing["new_subject"] = (
                f"subjects are known on {known:.0f} of {plural(days, 'day')} with mail"
            )
        return missing

    def _without_status(self, row: int) -> str:
        days, known = self.mail_days[row], self.status_days[row]
        if not known:
            return "the rows of this account carry no delivery status"
        return f"the delivery status is known on {known:.0f} of {plural(days, 'day')} with mail"


def fitness_of(activity: QuarterHours) -> Fitness:
    """Fitness of every row, from the days before it."""
    has_status, has_recipient, has_subject = (
        np.where(np.isnan(activity.counts[name]), 0.0, 1.0)
        for name in ("failed", "new_recipients", "new_subjects")
    )
    return Fitness(
        activity.since_start() // QUARTERS_PER_DAY,
        activity.days_known_before(RECENT_DAYS),
        active_days_before(activity, activity.counts["known_source_recipients"], _LONG),
        own_shares(activity, "known_source_recipients", "recipients", _SOURCE_DAYS),
        active_days_before(activity, activity.counts["known_source_recipients"], _SOURCE_DAYS),
        settled_days_before(
            activity, activity.counts["young_source_recipients"], _SOURCE_DAYS, settled=8
        ),
        settled_days_before(activity, activity.counts["new_subjects"], 28),
        active_days_before(activity, activity.counts["recipients"], _SOURCE_DAYS),
        active_days_before(activity, has_status, _SOURCE_DAYS),
        active_days_before(activity, has_recipient, _SOURCE_DAYS),
        active_days_before(activity, has_subject, _SOURCE_DAYS),
    )


@dataclass(frozen=True)
class Fired:
    """What fired, in the order of accounts and time.

    Shape:  one entry per finding; `row` is the row of the activity, `began` and `quarter` are
            quarter-hours of it. value and usual are counts over the window.
    """

    activity: QuarterHours
    signal: NDArray[np.object_]
    row: Ints
    began: Ints
    level: Ints
    value: Floats
    usual: Floats
    window: Ints
    fitness: Fitness

    @property
    def account(self) -> Ints:
        """Number of the account of each."""
        return self.activity.account[self.row]

    @property
    def quarter(self) -> Ints:
        """Quarter-hour at whose end each is known."""
        return self.activity.quarter[self.row]


def find(activity: QuarterHours) -> Fired:
    """Every finding in the judged days of the activity."""
    fitness = fitness_of(activity)
    judged = activity.since_start() >= SETTLED * QUARTERS_PER_DAY
    judged &= (fitness.known_days >= SETTLED) & (activity.day >= activity.first_judged_day)
    with_status = judged & fitness.status_is_usable
    parts = [
        _by_rule(activity, rule, with_status if rule.signal in OF_STATUS else judged)
        for rule in RULES
    ]
    parts.append(_new_sources(activity, fitness, judged))
    parts.append(_new_subjects(activity, fitness, judged))
    parts.append(_off_hours(activity, judged))
    parts.append(_wakings(activity, judged))
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.sort_values(["row", "signal", "window"], kind="stable")
    columns = {name: rows[name].to_numpy() for name in rows.columns}
    return Fired(activity, fitness=fitness, **columns)


def _frame(
    activity: QuarterHours,
    signal: str,
    rows: Ints,
    level: Ints | int,
    value: Floats,
    usual: Floats | float,
    window: int,
    count: Floats | None = None,
) -> pd.DataFrame:
    """Findings of the rows that fired; level, value and usual are those of these rows."""
    began = activity.quarter[rows]
    if count is not None and window > 1:
        # Nine tenths of what the window shows came after this quarter-hour.
        began = np.array([activity.began(int(row), count, window, 0.9) for row in rows], np.int64)
    return pd.DataFrame(
        {
            "signal": np.full(len(rows), signal, object),
            "row": rows,
            "began": began,
            "level": np.broadcast_to(level, rows.shape),
            "value": value,
            "usual": np.broadcast_to(usual, rows.shape),
            "window": window,
        }
    )


def _by_rule(activity: QuarterHours, rule: SignalRule, judged: NDArray[np.bool_]) -> pd.DataFrame:
    now = activity.counts[rule.count]
    rows = np.flatnonzero(judged & (now > 0))
    value = activity.trailing_of(rows, rule.count, rule.window)
    # A row adds something of its own, so that the tail of a window raises nothing again.
    able = (value > rule.floor) & (now[rows] >= 0.02 * value)
    if rule.share:
        rare = max(rule.rare_share, rule.share)
        share = np.where(sends_rarely(activity)[rows], rare, rule.share)
        able &= value >= share * activity.trailing_of(rows, rule.of, rule.window)
    if rule.gap:
        able &= activity.since_start()[rows] >= (SETTLED + rule.gap) * QUARTERS_PER_DAY
    rows, value = rows[able], value[able]
    usual = _records(activity, rule, rows)
    bar = rule.floor + rule.factor * usual
    fired = value > bar
    rows, value, usual, bar = rows[fired], value[fired], usual[fired], bar[fired]
    strong = value > rule.strong * bar
    if rule.signal == "repeated_recipient":
        strong &= _is_one_sided(activity, rows, value, rule.window)
    level = np.where(strong, STRONG, WEAK)
    return _frame(activity, rule.signal, rows, level, value, usual, rule.window, now)


def _records(activity: QuarterHours, rule: SignalRule, rows: Ints) -> Floats:
    """The account's own record before the day of each of some rows."""
    if not len(rows):
        return np.zeros(0)  # the months before need not be looked at
    values = activity.trailing(rule.count, rule.window)
    records = own_records(
        activity, values, days=rule.days, gap=rule.gap, rank=2, settled=rule.settled
    )
    return np.asarray(records[activity.account[rows], activity.day[rows]])


def _is_one_sided(
    activity: QuarterHours, rows: Ints, repeated: Floats, window: int
) -> NDArray[np.bool_]:
    """Where one recipient has far more of the mail than usual: more mail alone repeats more."""
    share = repeated / np.maximum(activity.trailing_of(rows, "recipients", window), 1.0)
    usual = own_shares(activity, "most_repeated", "recipients", _SOURCE_DAYS)[rows]
    return np.asarray(share >= np.minimum(_ONE_SIDED * known_or_zero(usual), 0.5))


def _new_sources(
    activity: QuarterHours, fitness: Fitness, judged: NDArray[np.bool_]
) -> pd.DataFrame:
    young = known_or_zero(activity.counts["young_source_recipients"])
    rows = np.flatnonzero(judged & (young > 0) & fitness.source_is_usable)
    value = activity.trailing_of(rows, "young_source_recipients", DAYS)
    return _frame(activity, "new_source", rows, STRONG, value, 0.0, DAYS, young)


def _new_subjects(
    activity: QuarterHours, fitness: Fitness, judged: NDArray[np.bool_]
) -> pd.DataFrame:
    fresh = known_or_zero(activity.counts["new_subjects"])
    fired = judged & (fresh > 0) & (fitness.subject_days <= _MOST_SUBJECTS)
    fired &= fitness.subject_is_usable
    rows = np.flatnonzero(fired)
    return _frame(activity, "new_subject", rows, WEAK, fresh[rows], 0.0, 1)


def _off_hours(activity: QuarterHours, judged: NDArray[np.bool_]) -> pd.DataFrame:
    """More than ever in hours of the week that are nearly empty."""
    quiet = in_quiet_hours(activity)
    sent = np.where(quiet, activity.counts["recipients"], 0.0)
    window = 6 * HOURS
    value = activity.trailing_sum(sent, window)
    records = own_records(activity, value, days=MONTHLY_DAYS, gap=1, rank=2, settled=28)
    usual = records[activity.account, activity.day]
    bar = 12.0 + 1.3 * usual
    fired = judged & quiet & (value > bar) & (2 * value >= activity.trailing("recipients", window))
    rows = np.flatnonzero(fired)
    level = np.where(value[rows] > 2.0 * bar[rows], STRONG, WEAK)
    return _frame(activity, "off_hours", rows, level, value[rows], usual[rows], window, sent)


def _wakings(activity: QuarterHours, judged: NDArray[np.bool_]) -> pd.DataFrame:
    """First mail after a pause that is long, also for this account."""
    same = activity.account[1:] == activity.account[:-1]
    pause = np.where(same, np.diff(activity.quarter), 0) / QUARTERS_PER_DAY
    pause = np.concatenate([[0.0], pause])
    long = np.flatnonzero(pause >= LEAST_GAP_DAYS / _OWN_GAPS).tolist()
    for row in long:
        # Mail may have gone out while nothing was read: the pause is known since then alone.
        if (known_since := activity.last_unread(row)) is not None:
            known = (activity.quarter[row] - known_since) / QUARTERS_PER_DAY
            pause[row] = min(pause[row], known)
    longest = np.zeros(len(pause))
    for row in long:
        earlier = slice(int(np.searchsorted(activity.account, activity.account[row])), row)
        longest[row] = pause[earlier].max(initial=0.0)
    fired = judged & (pause >= LEAST_GAP_DAYS) & (pause >= _OWN_GAPS * longest)
    rows = np.flatnonzero(fired)
    return _frame(activity, "dormant_account", rows, WEAK, pause[rows], longest[rows], 1)
