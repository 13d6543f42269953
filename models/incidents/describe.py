"""Incidents as they are stored: episodes and silences with their numbers, signals and reasons."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hve_monitor.plural import agreeing, plural, whole_percent
from models.baseline.size import Size
from models.incident import CONTEXT, SIGNALS, Event, Incident, Signal
from models.incidents.episodes import Episode, episodes_of, grouped
from models.incidents.severity import kind_of
from models.incidents.signals.quarter_hours import QuarterHours
from models.incidents.signals.rules import LEAST_KNOWN, OF_STATUS, Fitness
from models.incidents.signals.sentences import SignalNumbers, afterwards, largest_before, sentence
from models.incidents.size import Sizes
from models.incidents.unusual import COUNTS, Stretcher, UnusualStretch

_OPEN_FOR = timedelta(hours=24)  # without an event, before an episode counts as ended
_QUIET = "within what this account has done before"


@dataclass(frozen=True)
class Describer:
    """Describes episodes as incidents, from the activity around them."""

    activity: QuarterHours
    fitness: Fitness
    sizes: Sizes
    until: datetime
    missing: Mapping[str, str] = field(default_factory=dict)  # signal -> reason, for all accounts

    def incident(self, episode: Episode) -> Incident:
        """The incident of an episode at `until`."""
        account, volume = episode.account, _volume_of(episode)
        stretch = Stretcher(self.activity, self.sizes, self.until).stretch(episode)
        size = self.sizes.between(account, stretch.start, stretch.end)
        signals = self._signals(episode, volume, stretch)
        fired = tuple(signal.reason for signal in signals if signal.state == "fired")
        return Incident(
            account=account,
            kind=kind_of(episode.levels, volume.kind if volume is not None else None),
            severity=episode.severity,
            started_at=stretch.start,
            ended_at=stretch.end if self._is_over(stretch, volume) else None,
            detected_at=episode.opened_at,
            observed=size.observed,
            expected=size.expected,
            interval=size.interval,
            reasons=(*_opening(volume, size, stretch), *fired, *self._faint(account, stretch)),
            signals=signals,
            extra_recipients=size.extra,
            learning=volume.learning if volume is not None else False,
            opened_at=episode.opened_at,
            history=tuple(sorted(episode.raised.items(), key=lambda reached: reached[1])),
        )

    def _is_over(self, stretch: UnusualStretch, volume: Incident | None) -> bool:
        if volume is not None and volume.ended_at is None:
            return False
        return self.until - stretch.end >= _OPEN_FOR

    def _faint(self, account: str, stretch: UnusualStretch) -> tuple[str, ...]:
        """One sentence on what came faintly after the unusual stretch, if anything did."""
        if not stretch.faint:
            return ()
        last = max(event.ended for event in stretch.faint)
        rows = self.activity.rows_between(account, stretch.end, last)
        return (afterwards(last - stretch.end, self._counts(stretch.faint, rows)),)

    def _counts(self, events: Iterable[Event], rows: slice) -> dict[str, float]:
        """What the signals of events count in some rows."""
        names = dict.fromkeys(event.signal for event in events if event.signal in COUNTS)
        return {name: self.activity.total(COUNTS[name], rows) for name in names}

    def _signals(
        self, episode: Episode, volume: Incident | None, stretch: UnusualStretch
    ) -> tuple[Signal, ...]:
        row = self.activity.row_at(episode.account, episode.opened_at)
        missing = {} if row is None else self.fitness.reasons(row)
        events = [event for event in episode.events if event not in stretch.faint]
        rows = self.activity.rows_between(episode.account, stretch.start, stretch.end)
        tabular = [self._signal(name, events, rows, missing.get(name)) for name in SIGNALS]
        context = [_of_context(name, episode, self.missing.get(name)) for name in CONTEXT]
        return (*_volume_signals(events, volume), *tabular, *context)

    def _signal(
        self, name: str, events: Sequence[Event], rows: slice, missing: str | None
    ) -> Signal:
        events = [event for event in events if event.signal == name]
        sent = self.activity.total("recipients", rows)
        known = self.activity.total("known_status_recipients", rows) if name in OF_STATUS else sent
        if not events:
            if missing is None and known < LEAST_KNOWN * sent:
                share = whole_percent(known / sent)
                missing = f"the delivery status is known for {share} of the recipients"
            if missing is not None:
                return Signal(name, None, "unavailable", missing)
            return Signal(name, 0.0, "quiet", _QUIET)
        most = max(events, key=lambda event: (event.level, event.value))
        total = self.activity.total(COUNTS[name], rows) if name in COUNTS else most.value
        numbers = SignalNumbers(
            value=most.value,
            usual=most.usual,
            hours=most.window / 4.0,
            total=total,
            sent=max(known, total),
            unknown=sent - known,
        )
        return Signal(name, _score(most), "fired", most.reason or sentence(name, numbers))


def sending_incidents(
    events: Iterable[tuple[str, Event]],
    volume: Sequence[Incident],
    describer: Describer,
    already_stored: Container[tuple[str, datetime]] = (),
    early: Iterable[tuple[str, Event]] = (),
) -> list[Incident]:
    """Every incident of unusual sending; a learning account has those of its volume.

    early: what speaks against first mailings (models.incidents.signals.first_mailing).
    already_stored: account and opening of episodes that cannot have changed: they are left out.
    """
    settled = [incident for incident in volume if not incident.learning]
    learning = [incident for incident in volume if incident.learning]
    return [
        describer.incident(episode)
        for account, own in (*grouped(early, learning), *grouped(events, settled))
        for episode in episodes_of(account, own)
        if (account, episode.opened_at) not in already_stored
    ]


def _volume_of(episode: Episode) -> Incident | None:
    volumes = [event for event in episode.events if event.volume is not None]
    return max(volumes, key=lambda event: event.level).volume if volumes else None


def _opening(volume: Incident | None, size: Size, stretch: UnusualStretch) -> tuple[str, ...]:
    """How much in how long, and what the volume signal says beyond it."""
    hours = max((stretch.end - stretch.start) / timedelta(hours=1), 0.25)
    low, high = size.interval
    length = f"{hours:.0f} h" if hours >= 1 else f"{60 * hours:.0f} min"
    were = agreeing(size.expected, "was", "were")
    usual = f"{size.expected:,.0f} {were} expected ({low:,.0f} to {high:,.0f})"
    first = f"{plural(size.observed, 'recipient')} in {length}; {usual}"
    if volume is None or volume.record is None:
        return (first,)
    return (first, largest_before(volume.record))


def _volume_signals(events: Sequence[Event], volume: Incident | None) -> tuple[Signal, ...]:
    """Signals of every channel of volume, those of the most serious one first."""
    if volume is None:
        quiet = Signal("surge", 0.0, "quiet", "the number of recipients alone is not unusual")
        return (quiet, Signal("silence", 0.0, "quiet", "the account is sending"))
    others = [event.volume for event in events if event.volume is not None]
    by_name: dict[str, Signal] = {}
    for incident in (volume, *others):
        for signal in incident.signals:
            earlier = by_name.setdefault(signal.name, signal)
            if earlier.state != "fired" and signal.state == "fired":
                by_name[signal.name] = signal
    return tuple(by_name.values())


def _of_context(name: str, episode: Episode, missing: str | None) -> Signal:
    events = [event for event in episode.events if event.signal == name]
    if not events and missing is not None:
        return Signal(name, None, "unavailable", missing)
    if not events:
        return Signal(name, 0.0, "quiet", "nothing near this incident")
    reasons = list(dict.fromkeys(event.reason for event in events))
    others = len(reasons) - 1
    more = f", and {plural(others, 'other sign')}" if others else ""
    return Signal(name, _score(events[-1]), "fired", reasons[0] + more)


def _score(event: Event) -> float:
    """0.5 at the account's own record, towards 1 far above it."""
    bar = max(1.3 * event.usual + 5.0, 1.0)
    return round(max(event.value / (event.value + bar), 0.25 * event.level), 3)
