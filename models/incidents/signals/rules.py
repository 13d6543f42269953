"""Tabular signals: quarter-hours in which an account did what its own past does not show.

Each rule compares a trailing sum with the account's own record; a finding is weak just above it,
strong well above it. What signals mean together is in models.incidents.severity.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
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
Findings = dict[str, NDArray[Any]]  # by column
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


# The signals in their order among findings of one quarter-hour.
_NAMES = np.array(sorted(SIGNALS), np.object_)
_PLACES = {name: place for place, name in enumerate(_NAMES)}
# Signals that only rows with a status can show.
OF_STATUS = ("failure_storm", "filtered_share", "external_attempts")


@dataclass(frozen=True)
class Fitness:
    """What decides whether a signal can say anything about an account on a day.

    Shape:  (accounts, days) of the activity.
    """

    activity: QuarterHours
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
        """Where an account's past days tell what usually fails: an unknown record is not 0."""
        return np.asarray(self.status_days >= _LEAST_KNOWN_DAYS * self.mail_days)

    @cached_property
    def subject_is_usable(self) -> NDArray[np.bool_]:
        """Where an account's past subjects are known, so that one can be new."""
        return np.asarray(self.titled_days >= _LEAST_KNOWN_DAYS * self.mail_days)

    @cached_property
    def source_is_usable(self) -> NDArray[np.bool_]:
        """Where an account's sources are known and steady in the eight weeks before."""
        known = (self.known_share >= LEAST_KNOWN) & (self.source_days >= _LEAST_SOURCE_DAYS)
        return np.asarray(known & (self.age_days >= _SOURCE_AGE_DAYS) & ~self.is_roaming)

    @cached_property
    def is_roaming(self) -> NDArray[np.bool_]:
        """Where an account sends from new addresses all the time."""
        share = self.young_days / np.maximum(self.recent_source_days, 1.0)
        return np.asarray((self.young_days > _MOST_YOUNG_DAYS) | (share > _MOST_YOUNG_SHARE))

    def reasons(self, row: int) -> dict[str, str]:
        """Why signals are unavailable at a row of the activity: signal -> reason."""
        at = int(self.activity.account[row]), int(self.activity.day[row])
        if self.age_days[at] < SETTLED:
            day = f"day {int(self.age_days[at]) + 1} of {SETTLED}"
            return dict.fromkeys(SIGNALS, f"history too short: {day} of learning this account")
        if self.known_days[at] < SETTLED:
            days = f"{self.known_days[at]:.0f} of the last {RECENT_DAYS} days"
            return dict.fromkeys(SIGNALS, f"too little was read: {days}")
        missing = {}
        if self.known_share[at] < LEAST_KNOWN or np.isnan(self.known_share[at]):
            share = whole_percent(float(known_or_zero(self.known_share[at])))
            missing["new_source"] = f"the source address is known for {share} of the recipients"
        elif self.source_days[at] < _LEAST_SOURCE_DAYS:
            days = plural(self.source_days[at], "day")
            missing["new_source"] = f"only {days} with mail to compare with"
        elif self.age_days[at] < _SOURCE_AGE_DAYS:
            day = f"day {int(self.age_days[at]) + 1} of {_SOURCE_AGE_DAYS}"
            missing["new_source"] = f"history too short: {day} of learning its sources"
        elif self.is_roaming[at]:
            missing["new_source"] = "the account sends from new addresses all the time"
        if self.subject_days[at] > _MOST_SUBJECTS:
            missing["new_subject"] = "the account writes under new subjects all the time"
        if not self.status_is_usable[at]:
            missing |= dict.fromkeys(OF_STATUS, self._without_status(at))
        if not self.recipient_days[at]:
            names = ("new_recipients", "repeated_recipient", "external_attempts")
            missing |= dict.fromkeys(names, "recipients are not kept, or not known")
        if not self.titled_days[at]:
            missing["new_subject"] = "subjects are not kept, or not known"
        elif not self.subject_is_usable[at]:
            days, known = self.mail_days[at], self.titled_days[at]
            missing["new_subject"] = (
                f"subjects are known on {known:.0f} of {plural(days, 'day')} with mail"
            )
        return missing

    def _without_status(self, at: tuple[int, int]) -> str:
        days, known = self.mail_days[at], self.status_days[at]
        if not known:
            return "the rows of this account carry no delivery status"
        return f"the delivery status is known on {known:.0f} of {plural(days, 'day')} with mail"


def fitness_of(activity: QuarterHours) -> Fitness:
    """Fitness on every day, from the days before it."""
    day = np.arange(activity.days)
    sources = activity.daily("known_source_recipients")
    return Fitness(
        activity,
        day - activity.born_on[:, None],
        activity.days_known_before(RECENT_DAYS),
        active_days_before(sources, _LONG),
        own_shares(activity, "known_source_recipients", "recipients", _SOURCE_DAYS),
        active_days_before(sources, _SOURCE_DAYS),
        settled_days_before(activity, "young_source_recipients", _SOURCE_DAYS, settled=8),
        settled_days_before(activity, "new_subjects", 28),
        active_days_before(activity.daily("recipients"), _SOURCE_DAYS),
        _days_with(activity, "failed"),
        _days_with(activity, "new_recipients"),
        _days_with(activity, "new_subjects"),
    )


def _days_with(activity: QuarterHours, name: str) -> Floats:
    """On how many of the days before each day a count was known: (accounts, days)."""
    known = np.where(np.isnan(activity.counts[name]), 0.0, 1.0)
    return active_days_before(activity.by_day(known, np.add), _SOURCE_DAYS)


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
    judging = _Judging(activity, fitness_of(activity), *activity.rows_since(_late(activity)))
    parts = [judging.by_rule(rule) for rule in RULES]
    parts += [judging.new_sources(), judging.new_subjects(), judging.off_hours()]
    parts.append(judging.wakings())
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((columns["window"], columns["signal"], columns["row"]))
    columns = {name: column[order] for name, column in columns.items()}
    columns["signal"] = _NAMES[columns["signal"]]
    return Fired(activity, fitness=judging.fitness, **columns)


def _late(activity: QuarterHours) -> int:
    """The first day that a window reaches which ends on a judged one."""
    return activity.first_judged_day - max(rule.window for rule in RULES) // DAYS


@dataclass(frozen=True)
class _Judging:
    """The judged days of an activity: what they show is compared with the days before.

    late: the activity without its older days, whose rows are `rows` of the whole one. Only what
    exceeds its floor is held against records, for which the older days are summed up.
    """

    activity: QuarterHours
    fitness: Fitness
    rows: Ints
    late: QuarterHours

    @cached_property
    def judged(self) -> NDArray[np.bool_]:
        """Late rows that may show something."""
        late, old = self.late, SETTLED * QUARTERS_PER_DAY
        judged = (late.since_start() >= old) & (late.day >= late.first_judged_day)
        return np.asarray(judged & self._fits(self.fitness.known_days >= SETTLED))

    def _fits(self, by_day: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return self.late.at_rows(by_day)

    def by_rule(self, rule: SignalRule) -> Findings:
        """Where a count exceeds the account's record."""
        late, now = self.late, self.late.counts[rule.count]
        judged = self.judged & (now > 0)
        if rule.signal in OF_STATUS:
            judged &= self._fits(self.fitness.status_is_usable)
        rows = np.flatnonzero(judged)
        value = late.trailing(rule.count, rule.window)[rows]
        # A row adds something of its own, so that the tail of a window raises nothing again.
        able = (value > rule.floor) & (now[rows] >= 0.02 * value)
        if rule.share and able.any():
            is_rare = sends_rarely(self.activity)[late.account[rows], late.day[rows]]
            share = np.where(is_rare, max(rule.rare_share, rule.share), rule.share)
            able &= value >= share * late.trailing(rule.of, rule.window)[rows]
        if rule.gap:
            able &= late.since_start()[rows] >= (SETTLED + rule.gap) * QUARTERS_PER_DAY
        rows, value = rows[able], value[able]
        usual = self._records(rule, rows)
        bar = rule.floor + rule.factor * usual
        fired = value > bar
        rows, value, usual, bar = rows[fired], value[fired], usual[fired], bar[fired]
        strong = value > rule.strong * bar
        if rule.signal == "repeated_recipient":
            strong &= self._is_one_sided(rows, value, rule.window)
        level = np.where(strong, STRONG, WEAK)
        return self._frame(rule.signal, rows, level, value, usual, rule.window, now)

    def _records(self, rule: SignalRule, rows: Ints) -> Floats:
        """The account's own record before the day of each of some rows."""
        if not len(rows):
            return np.zeros(0)  # the months before need not be looked at
        values = self.activity.trailing(rule.count, rule.window)
        records = own_records(
            self.activity, values, days=rule.days, gap=rule.gap, rank=2, settled=rule.settled
        )
        return np.asarray(records[self.late.account[rows], self.late.day[rows]])

    def _is_one_sided(self, rows: Ints, repeated: Floats, window: int) -> NDArray[np.bool_]:
        """Where one recipient has far more of the mail than usual: more mail alone repeats more."""
        share = repeated / np.maximum(self.late.trailing("recipients", window)[rows], 1.0)
        usual = own_shares(self.activity, "most_repeated", "recipients", _SOURCE_DAYS)
        usual = usual[self.late.account[rows], self.late.day[rows]]
        return np.asarray(share >= np.minimum(_ONE_SIDED * known_or_zero(usual), 0.5))

    def new_sources(self) -> Findings:
        """Mail from a young network of an account whose networks are known."""
        young = known_or_zero(self.late.counts["young_source_recipients"])
        fired = self.judged & (young > 0) & self._fits(self.fitness.source_is_usable)
        rows = np.flatnonzero(fired)
        value = self.late.trailing_sum(young, DAYS)[rows]
        return self._frame("new_source", rows, STRONG, value, 0.0, DAYS, young)

    def new_subjects(self) -> Findings:
        """Subjects that an account has not written under before."""
        fresh = known_or_zero(self.late.counts["new_subjects"])
        fired = self.judged & (fresh > 0) & self._fits(self.fitness.subject_is_usable)
        fired &= self._fits(self.fitness.subject_days <= _MOST_SUBJECTS)
        rows = np.flatnonzero(fired)
        return self._frame("new_subject", rows, WEAK, fresh[rows], 0.0, 1)

    def off_hours(self) -> Findings:
        """More than ever in hours of the week that are nearly empty."""
        late, window = self.late, 6 * HOURS
        sent = self._sent_in_quiet_hours(late, late.day >= late.first_judged_day - 1)
        value = late.trailing_sum(sent, window)
        fired = self.judged & (sent > 0) & (value > 12.0)
        fired &= 2 * value >= late.trailing("recipients", window)
        rows = np.flatnonzero(fired)
        if not len(rows):
            return self._frame("off_hours", rows, WEAK, value[rows], 0.0, window, sent)
        able = np.isin(np.arange(len(late.accounts)), late.account[rows])
        before = self._sent_in_quiet_hours(self.activity, able[self.activity.account])
        before = self.activity.trailing_sum(before, window)
        records = own_records(self.activity, before, days=MONTHLY_DAYS, gap=1, rank=2, settled=28)[
            late.account[rows], late.day[rows]
        ]
        fired = value[rows] > 12.0 + 1.3 * records
        rows, usual = rows[fired], records[fired]
        level = np.where(value[rows] > 2.0 * (12.0 + 1.3 * usual), STRONG, WEAK)
        return self._frame("off_hours", rows, level, value[rows], usual, window, sent)

    def _sent_in_quiet_hours(self, activity: QuarterHours, looked_at: NDArray[np.bool_]) -> Floats:
        """Recipients of the late or of all rows; 0 where the hour is not quiet."""
        sent = np.zeros(len(activity.quarter))
        places = np.flatnonzero(looked_at)
        rows = self.rows[places] if activity is self.late else places
        quiet = in_quiet_hours(self.activity, rows)
        sent[places] = np.where(quiet, activity.counts["recipients"][places], 0.0)
        return sent

    def wakings(self) -> Findings:
        """First mail after a pause that is long, also for this account."""
        pause, longest = _pauses(self.activity)
        pause, longest = pause[self.rows], longest[self.rows]
        fired = self.judged & (pause >= LEAST_GAP_DAYS) & (pause >= _OWN_GAPS * longest)
        rows = np.flatnonzero(fired)
        return self._frame("dormant_account", rows, WEAK, pause[rows], longest[rows], 1)

    def _frame(
        self,
        signal: str,
        rows: Ints,
        level: Ints | int,
        value: Floats,
        usual: Floats | float,
        window: int,
        count: Floats | None = None,
    ) -> Findings:
        """Findings of the late rows that fired; level, value and usual are those of these rows.

        Shape:  the columns of Fired, one entry per finding; signals by their places.
        """
        began = self.late.quarter[rows]
        if count is not None and window > 1 and len(rows):
            # Nine tenths of what the window shows came after this quarter-hour.
            began = self.late.began(rows, count, window, 0.9)
        return {
            "signal": np.full(len(rows), _PLACES[signal]),
            "row": self.rows[rows],
            "began": began,
            "level": np.broadcast_to(level, rows.shape),
            "value": value,
            "usual": np.broadcast_to(usual, rows.shape),
            "window": np.full(len(rows), window),
        }


def _pauses(activity: QuarterHours) -> tuple[Floats, Floats]:
    """Days without mail before every row, and the most that the account knew before a long one."""
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
    return pause, longest
