"""Which incidents a run has to look at again, and what becomes of them.

An account is looked at again when something was raised, goes on or has fired since the day from
which on anything may have changed, or when a plan or a verdict speaks of it now. Of its incidents
those are made anew that lie in the same stretch of events: events a week apart are never one
incident. All other stored incidents stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pyarrow as pa

from models.baseline.hours import HISTORY
from models.incident import Event, Incident
from models.incidents.announced import Announced, Spent
from models.incidents.assemble import incidents_of
from models.incidents.describe import Describer
from models.incidents.rows import KINDS_APART
from models.incidents.runbooks import AUDIENCE
from models.incidents.signals.sign_ins import Context
from models.incidents.signals.stored import EPISODE_DAYS, Tabular, judge_days, stored_events
from models.incidents.size import Sizes
from models.incidents.verdicts import Feedback
from models.incidents.walks.slices import Walked
from warehouse.connection import Row
from warehouse.records.plans import Plan
from warehouse.store import StoredFiles
from warehouse.windows import Window

ONE_DAY = timedelta(days=1)
WARM_UP = timedelta(days=90)
EPISODE = timedelta(days=EPISODE_DAYS)
# Events so far apart are never of one episode (models.incidents.episodes).
_APART = timedelta(days=8)
NEVER = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
Events = Sequence[tuple[str, Event]]


@dataclass(frozen=True)
class Changed:
    """The accounts of a slice that are looked at again, with the instant from which on.

    incidents: of the walk, those of these accounts. events: those of the days that are not judged
            again.
    """

    walked: Walked
    since: Mapping[str, datetime]
    incidents: list[Incident]
    events: list[tuple[str, Event]]

    @property
    def oldest(self) -> datetime:
        """The instant from which on anything is looked at again."""
        return min(self.since.values(), default=LATEST)


@dataclass(frozen=True)
class Change:
    """What becomes of a slice: incidents made anew, ids of the stored rows that go, signals."""

    incidents: list[Incident]
    dropped: set[str]
    signals: pa.Table


@dataclass(frozen=True)
class Judging:
    """All that the accounts of a tenant are judged by; `first` is the first day that may differ.

    rows: id, account, kind, started_at, ended_at and detected_at of the stored incidents.
    suspects: accounts of which signals may have fired since.
    """

    store: StoredFiles
    tenant: str
    until: datetime
    first: date
    feedback: Feedback
    plans: Sequence[Plan]
    around: Context
    gaps: Mapping[str, Sequence[Window]]
    rows: Mapping[str, Sequence[Row]]
    suspects: frozenset[str]

    def of(self, accounts: Sequence[str]) -> Judging:
        """The same for some accounts, without what is known of others."""
        names = frozenset(accounts)
        return replace(
            self,
            around=Context(self.around.of(accounts), self.around.missing),
            gaps={name: self.gaps[name] for name in accounts if name in self.gaps},
            rows={name: self.rows[name] for name in accounts if name in self.rows},
            suspects=self.suspects & names,
        )

    @property
    def has_shared_plans(self) -> bool:
        """Whether accounts share the size of an announced send."""
        return any(len(plan.accounts) != 1 for plan in self.plans)

    def plans_since(self, oldest: datetime) -> list[Plan]:
        """Plans that may speak of incidents that are looked at again."""
        return [plan for plan in self.plans if plan.end > oldest]

    def changed(self, walked: Walked) -> Changed:
        """What of a slice is looked at again."""
        if walked.is_new:
            events = self._events(walked.accounts)
            since = dict.fromkeys(walked.accounts, NEVER)
            return Changed(walked, since, walked.walk.incidents(), events)
        news = min(walked.since, datetime.combine(self.first, time(), UTC))
        places = {account: row for row, account in enumerate(walked.accounts)}
        picked = self._picked(walked, news)
        marked = np.zeros(len(walked.accounts), np.bool_)
        marked[[places[account] for account in picked]] = True
        incidents = walked.walk.incidents(marked)
        events = self._events(sorted(picked))
        since = self._since(picked, news, incidents, events)
        return Changed(walked, since, incidents, events)

    def _events(self, accounts: Sequence[str]) -> list[tuple[str, Event]]:
        """What is known of accounts but the signals of the days that are judged again."""
        stored = stored_events(self.store, self.tenant, accounts, self.first)
        known = [(account, event) for account, event in stored if event.known_at <= self.until]
        return [*known, *self.around.of(accounts)]

    def _picked(self, walked: Walked, news: datetime) -> set[str]:
        touched = walked.walk.touched()
        picked = {
            name for name, is_touched in zip(walked.accounts, touched, strict=True) if is_touched
        }
        picked |= self.suspects & set(walked.accounts)
        picked |= {name for name, event in self.around.events if event.known_at >= news}
        picked |= {one.judged.account for one in self.feedback.verdicts if one.at >= news}
        for plan in self.plans:
            times = (plan.end, plan.created_at, plan.removed_at or NEVER)
            if max(times) >= news:
                picked |= {name for name in walked.accounts if plan.covers(name)}
        picked |= {
            name
            for name in walked.accounts
            if any(_is_unsettled(row, news) for row in self.rows.get(name, ()))
        }
        return picked & set(walked.accounts)

    def _since(
        self, picked: Iterable[str], news: datetime, incidents: Sequence[Incident], events: Events
    ) -> dict[str, datetime]:
        """The start of the stretch of events that holds the first that may be another."""
        spans: dict[str, list[tuple[datetime, datetime]]] = {}
        for incident in incidents:
            ended = incident.ended_at or self.until
            span = incident.started_at, max(ended, incident.detected_at + _APART)
            spans.setdefault(incident.account, []).append(span)
        for account, event in events:
            span = min(event.began, event.known_at), max(event.ended, event.known_at + _APART)
            spans.setdefault(account, []).append(span)
        since = {}
        for account in picked:
            rows = self.rows.get(account, ())
            open_rows = [row["started_at"] for row in rows if _is_unsettled(row, news)]
            since[account] = _stretch_start(min([news, *open_rows]), spans.get(account, []))
        return since

    def change(self, changed: Changed, used: Sequence[Spent]) -> Change:
        """Looks at the changed accounts of a slice again.

        used: how far the plans were used that may speak of them.
        """
        walked, since = changed.walked, changed.since
        dropped, kept = self._dropped(changed)
        volume = [one for one in changed.incidents if one.detected_at >= since[one.account]]
        earlier = [one for one in changed.events if one[1].known_at >= since[one[0]]]
        begin = self.first
        if not walked.is_new:
            known = [one.detected_at for one in volume] + [one.known_at for _, one in earlier]
            begin = min([begin, *(moment.date() for moment in known)])
        accounts = sorted(since)
        signals = judge_days(
            self.store, self.tenant, accounts, self.until, self.first, self.gaps, begin
        )
        incidents = incidents_of(
            walked.grid,
            volume,
            [*earlier, *signals.events],
            self._describer(walked, signals),
            Announced(tuple(used), walked.traffic),
            kept,
        )
        incidents = self.feedback.beyond_harmless(incidents, walked.traffic)
        return Change(incidents, dropped, signals.rows)

    def _describer(self, walked: Walked, signals: Tabular) -> Describer:
        sizes = Sizes(walked.grid, walked.analysis, walked.walk.traffic.recall)
        missing, end = self.around.missing, walked.grid.end
        return Describer(signals.activity, signals.fired.fitness, sizes, end, missing)

    def _dropped(self, changed: Changed) -> tuple[set[str], set[tuple[str, datetime]]]:
        """Ids of rows that are made anew or go, and the opening of those that stay."""
        dropped, kept = set(), set()
        for account, since in changed.since.items():
            for row in self.rows.get(account, ()):
                if row["kind"] in ("idle_account", "spend"):
                    continue
                stays = row["detected_at"] < since
                if changed.walked.is_new:
                    stays = self._is_finished(row, changed.walked)
                if stays:
                    kept.add((account, row["detected_at"]))
                else:
                    dropped.add(row["id"])
        return dropped, kept

    def _is_finished(self, row: Row, walked: Walked) -> bool:
        """Whether nothing new can change a stored incident of an account judged from scratch."""
        grid = walked.grid
        # Where older hours were cut off, the first ones left lack what they were judged by.
        is_cut = grid.start - (self.until - HISTORY) < ONE_DAY
        judged_from = grid.start + WARM_UP if is_cut else grid.start
        quiet_since = datetime.combine(max(self.first, grid.start.date()), time(), UTC) - EPISODE
        is_quiet = row["kind"] in AUDIENCE and row["kind"] not in KINDS_APART
        ended = row["ended_at"]
        return bool(row["started_at"] < judged_from or (is_quiet and ended and ended < quiet_since))


def _is_unsettled(row: Row, news: datetime) -> bool:
    """Whether a stored incident may become another one by what happens after an instant."""
    if row["kind"] in ("idle_account", "spend"):
        return False
    return row["ended_at"] is None or max(row["ended_at"], row["detected_at"]) >= news


def _stretch_start(moment: datetime, spans: list[tuple[datetime, datetime]]) -> datetime:
    """The start of the joined spans that hold a moment; the moment where none does."""
    start = moment
    for begin, end in sorted(spans, key=lambda span: span[1], reverse=True):
        if end >= start and begin < start:
            start = begin
    return start
