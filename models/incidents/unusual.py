"""The unusual stretch of an episode, and what comes faintly after it.

Signals look back for hours or days: long after a burst a few ordinary recipients are enough to
repeat them. They belong to the episode, but its numbers and its end are those of the stretch in
which it happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from models.incident import QUARTER, RANK, VOLUME, Event
from models.incidents.episodes import Episode
from models.incidents.signals.quarter_hours import QuarterHours
from models.incidents.size import Sizes

COUNTS = {
    "new_recipients": "new_recipients",
    "fan_out": "wide_recipients",
    "new_source": "young_source_recipients",
    "failure_storm": "failed",
    "filtered_share": "filtered",
    "external_attempts": "external",
}
# How a signal's size is counted on; a signal that is in neither stands for itself.
_SIZES = COUNTS | {"repeated_recipient": "most_repeated"}
# Of what the stretch holds already: what comes after it prolongs it when it is so much more than
# usual.
_LEAST_SHARE = 0.1
_SOON = timedelta(hours=3)  # after the stretch: what ends so soon is no sign of its own
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class UnusualStretch:
    """From the first unusual moment of an episode to `end`; `faint` signals were known later."""

    start: datetime
    end: datetime
    faint: tuple[Event, ...]


@dataclass(frozen=True)
class Stretcher:
    """Finds the unusual stretch of episodes, from the activity and sizes around them."""

    activity: QuarterHours
    sizes: Sizes
    until: datetime

    def stretch(self, episode: Episode) -> UnusualStretch:
        """The stretch of what opened an episode, and of all that prolongs it."""
        lasting = [event for event in episode.events if not event.is_supporting]
        opening = [event for event in lasting if event.known_at <= episode.opened_at]
        start = episode.started_at
        end = max((self._ended(event) for event in opening), default=episode.last)
        for event in lasting[len(opening) :]:
            ended = self._ended(event)
            if ended > end and self._prolongs(episode.account, event, start, end):
                end = ended
        ends = [self._ended(event) for event in lasting]
        end = max(ended for ended in (end, *ends) if ended <= end + _SOON)
        faint = tuple(event for event in lasting if self._ended(event) > end)
        return UnusualStretch(start, end, faint)

    def _ended(self, event: Event) -> datetime:
        """The end of what an event speaks of; volume that goes on ends now."""
        goes_on = event.volume is not None and event.volume.ended_at is None
        return self.until if goes_on else event.ended

    def _prolongs(self, account: str, event: Event, start: datetime, end: datetime) -> bool:
        """Whether a signal is more than an echo of what came before it."""
        looks_back_to = _looks_back_to(event)
        if event.level >= RANK["medium"] and event.signal != "new_source" and looks_back_to >= end:
            return True
        before = self._amount(account, event.signal, start, end)
        since = self._amount(account, event.signal, end, self._ended(event))
        usual = 0.0
        if event.window:
            usual = event.usual * ((event.ended - end) / (event.window * QUARTER))
        return since >= _LEAST_SHARE * before + usual

    def _amount(self, account: str, signal: str, start: datetime, end: datetime) -> float:
        """What a signal counts, from start to end; above all bounds where it counts nothing."""
        if signal in VOLUME:
            hours = -((end - start) // -_HOUR)
            return float(self.sizes.between(account, end - hours * _HOUR, end).extra)
        if signal not in _SIZES:
            return 0.0
        return self.activity.amount(account, _SIZES[signal], start, end)


def _looks_back_to(event: Event) -> datetime:
    """The beginning of what a signal counts."""
    return event.began if event.volume is not None else event.ended - event.window * QUARTER
