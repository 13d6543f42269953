"""What speaks against a first mailing: signs beside a broken ceiling of a learning account.

Its past is too short for records, so the rules here ask for little of it: a source after days of
steady ones, many failures, far more strangers than the account has acquaintances.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from hve_monitor.plural import plural
from models.incident import Event, Incident
from models.incidents.signals.quarter_hours import Floats, QuarterHours
from models.incidents.signals.rules import STRONG
from models.statistics import known_or_zero

_HOUR, _QUARTER = timedelta(hours=1), timedelta(minutes=15)
_LEAST_FAILED, _FAILED_SHARE = 20.0, 0.2
_LEAST_DAYS = 5  # with mail, before an account has a circle of acquaintances
_TIMES_CIRCLE = 5.0


@dataclass(frozen=True)
class _Mailing:
    """A broken ceiling and the rows of its account: `before` it and `during` it."""

    incident: Incident
    activity: QuarterHours
    before: slice
    during: slice

    def first(self, fires: NDArray[np.bool_]) -> int | None:
        """The first row of the mailing in which a condition holds."""
        rows = np.flatnonzero(fires)
        return self.during.start + int(rows[0]) if len(rows) else None

    def running(self, name: str) -> Floats:
        """A count summed up from the start of the mailing on, per row."""
        return np.asarray(np.cumsum(known_or_zero(self.activity.counts[name][self.during])))

    def event(self, signal: str, row: int, value: float, usual: float, reason: str) -> Event:
        """What a condition that holds from a row on says."""
        known = self.activity.time_of(int(self.activity.quarter[row]) + 1)
        window = round((known - self.incident.started_at) / _QUARTER)
        began = self.incident.started_at
        return Event(signal, STRONG, known, began, known, value, usual, window, reason=reason)


def early_events(
    volume: Iterable[Incident], activity: QuarterHours, until: datetime
) -> Iterator[tuple[str, Event]]:
    """Events beside every broken ceiling of an account that is still learning."""
    for incident in volume:
        if incident.kind != "ceiling" or not incident.learning:
            continue
        account, started = incident.account, incident.started_at
        before = activity.rows_between(account, activity.start, started)
        during = activity.rows_between(account, started, incident.ended_at or until)
        mailing = _Mailing(incident, activity, before, during)
        for event in (_failures(mailing), _strangers(mailing), _source(mailing)):
            if event is not None:
                yield account, event


def _failures(mailing: _Mailing) -> Event | None:
    failed, known = mailing.running("failed"), mailing.running("known_status_recipients")
    row = mailing.first((failed >= _LEAST_FAILED) & (failed >= _FAILED_SHARE * known))
    if row is None:
        return None
    here = row - mailing.during.start
    reason = f"{failed[here]:,.0f} of {plural(known[here], 'recipient')} of a new account failed"
    return mailing.event("failure_storm", row, float(failed[here]), 0.0, reason)


def _strangers(mailing: _Mailing) -> Event | None:
    """Far more people than the account has written to on a week's working days."""
    activity, before = mailing.activity, mailing.before
    acquainted = float(known_or_zero(activity.counts["new_recipients"][before]).sum())
    if len(np.unique(activity.day[before])) < _LEAST_DAYS:
        return None
    strangers = mailing.running("new_recipients")
    row = mailing.first(strangers > _TIMES_CIRCLE * acquainted)
    if row is None or not acquainted:
        return None
    many = strangers[-1]
    reason = (
        f"{plural(many, 'new recipient')}; this account had written to {acquainted:,.0f} before"
    )
    return mailing.event("new_recipients", row, float(many), acquainted, reason)


def _source(mailing: _Mailing) -> Event | None:
    """An address that is new after days on which all were known; known when the hour is over."""
    incident, activity = mailing.incident, mailing.activity
    ends = incident.started_at + _HOUR
    row = activity.row_at(incident.account, ends)
    if "new_source" not in incident.support or row is None or row < mailing.during.start:
        return None
    sent = mailing.running("recipients")[row - mailing.during.start]
    reason = "part of it came from an address that this account had not used before"
    return mailing.event("new_source", row, float(sent), 0.0, reason)
