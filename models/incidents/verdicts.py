"""What people say of incidents, and what it changes: bounded, and for 30 days.

A confirmed incident is cut from the history that baselines learn from; one that was a false alarm
or was planned stays in it, and the account's next incident of that kind must be larger than it was.
A pause that was confirmed as an outage is never usual, one that was a false alarm is at once.
Only volume and silences are made quiet so: what is strange for another reason fires as ever.
Nothing here reaches back: hours before the verdict stay as they were judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from hve_monitor.errors import ConfigError
from models.baseline.memory import HISTORY_DAYS
from models.baseline.traffic import Traffic
from models.incident import Incident
from models.incidents import announced as plans
from models.incidents.cards import one_card
from models.incidents.volume.ceiling import CeilingWatch
from models.incidents.volume.silence import SilenceWatch
from warehouse.reading import Published
from warehouse.records.verdicts import STATUS_OF, Judged, Verdict

BENIGN = ("false_positive", "planned")
# A false alarm of any size must not open the door to a burst: what counts of it, at most.
MOST_RECIPIENTS, MOST_HOURS = 5_000, 72
ROOM = 1.25
# A loop that was called harmless may go on at its size; no plan announces one.
HARMLESS_SIGNALS = (*plans.VOLUME_SIGNALS, "repeated_recipient")
HOUR = timedelta(hours=1)


def judged_incident(published: Published, incident: str) -> Judged:
    """The published incident that a verdict speaks of. Raises: ConfigError for an unknown id."""
    card = one_card(published.of(None), incident)
    ended = card.ended_at or published.now
    return Judged(
        card.id, card.tenant, card.account, card.kind, card.started_at, card.ended_at,
        _size(card.kind, card.started_at, ended, card.extra_recipients),
    )  # fmt: skip


def status_of(verdict: str) -> str:
    """The status that a verdict of the command line gives. Raises: ConfigError."""
    if verdict not in STATUS_OF:
        raise ConfigError(f"{verdict}: no such verdict; use one of {', '.join(STATUS_OF)}")
    return STATUS_OF[verdict]


@dataclass(frozen=True)
class Feedback:
    """The verdicts of a tenant, as the walk through its days takes them up."""

    verdicts: Sequence[Verdict] = ()

    def apply(
        self, day: int, traffic: Traffic, ceilings: CeilingWatch, silences: SilenceWatch
    ) -> None:
        """Changes the history before the day is forecast, by verdicts given on the day before."""
        calendar, hours = traffic.calendar, traffic.grid.hours
        for verdict in self.verdicts:
            given_at = int((verdict.at - traffic.grid.start) / HOUR)
            judged = verdict.judged
            if not 0 <= given_at < hours or judged.account not in traffic.accounts:
                continue
            if calendar.day[given_at] != day - 1:
                continue
            first, last = _columns(judged, traffic, given_at)
            first = max(first, calendar.columns(max(day - HISTORY_DAYS + 1, 0))[0])
            traffic.recall(first)
            account = traffic.accounts.index(judged.account)
            if verdict.status == "confirmed":
                traffic.baseline.cut(account, first, last)
                ceilings.forget(account, first, last)
            elif verdict.status in BENIGN:
                traffic.baseline.restore(account, first, last)
            if judged.kind == "silence" and verdict.status in ("confirmed", *BENIGN):
                silences.judge(account, first, last, is_outage=verdict.status == "confirmed")
            for touched in np.unique(calendar.day[first:last]).tolist():
                if touched < day:
                    traffic.baseline.learn_again(touched, slice(account, account + 1))

    def beyond_harmless(
        self, incidents: Sequence[Incident], traffic: plans.SentAndExpected
    ) -> list[Incident]:
        """Incidents without those that are no larger than what was called harmless before.

        Holds for the same account and kind while the verdict holds; never for what breaks the
        ceiling, nor where a signal that is not about volume fires.
        """
        return [
            incident
            for incident in incidents
            if plans.stands_by_itself(incident, traffic, HARMLESS_SIGNALS)
            or not any(_explains(verdict, incident) for verdict in self.verdicts)
        ]


def _explains(verdict: Verdict, incident: Incident) -> bool:
    judged = verdict.judged
    same = judged.account == incident.account and _family(judged.kind) == _family(incident.kind)
    is_itself = incident.started_at == judged.started_at
    holds = verdict.at <= incident.detected_at < verdict.expires_at
    if verdict.status not in BENIGN or not same or is_itself or not holds:
        return False
    end = incident.ended_at or incident.detected_at
    size = _size(incident.kind, incident.started_at, end, incident.extra_recipients)
    most = MOST_HOURS if incident.kind == "silence" else MOST_RECIPIENTS
    return judged.size > 0 and size <= min(ROOM * judged.size, most)


def _family(kind: str) -> str:
    """Volume has several names while it grows."""
    return "volume" if kind in plans.VOLUME_KINDS else kind


def _columns(judged: Judged, traffic: Traffic, given_at: int) -> tuple[int, int]:
    """Hours of the incident in the grid, as far as they were over when the verdict came."""
    first = int((judged.started_at - traffic.grid.start) / HOUR)
    ended = judged.ended_at or traffic.grid.start + given_at * HOUR
    last = int(np.ceil((ended - traffic.grid.start) / HOUR))
    return max(first, 0), max(min(last, given_at), 0)


def _size(kind: str, start: datetime, end: datetime, extra: int) -> int:
    """What the sizes of two incidents of a kind are compared by."""
    return round((end - start) / HOUR) if kind == "silence" else extra
