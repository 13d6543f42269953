"""Every kind of incident of a grid: of sending, of silence, and what plans leave of them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import datetime

from models.baseline.grid import HourlyGrid
from models.incident import Event, Incident, by_start
from models.incidents.announced import Announced
from models.incidents.describe import Describer, sending_incidents
from models.incidents.signals.first_mailing import early_events
from models.incidents.signals.quarter_hours import QuarterHours
from models.incidents.signals.rules import find
from models.incidents.signals.stored import tabular_events
from models.incidents.size import Sizes
<<<<<<< HEAD
from models.incidents.walks.walk import Analysis, analyse
=======
from models.incidents.volume.missed_sends import MissedSend, missed_sends
from models.incidents.walks.walk import Analysis, analyse
>>>>>>> da99461 (Every account is judged in every run: the walk goes on from the newest midnight that still holds)


def judge(
    grid: HourlyGrid, activity: QuarterHours, timezone: str
) -> tuple[Analysis, list[Incident]]:
    """Baselines of a grid and the incidents until its end, from the traffic alone."""
    analysis = analyse(grid, timezone)
    fired = find(activity)
    describer = Describer(activity, fired.fitness, Sizes(grid, analysis), grid.end)
<<<<<<< HEAD
    return analysis, incidents_of(grid, analysis, tabular_events(fired), describer)
=======
    missed = missed_sends(grid, local_calendar(grid.start, grid.hours, timezone))
    events = tabular_events(fired)
    return analysis, incidents_of(grid, analysis.incidents, missed, events, describer)
>>>>>>> da99461 (Every account is judged in every run: the walk goes on from the newest midnight that still holds)


def incidents_of(
    grid: HourlyGrid,
<<<<<<< HEAD
    analysis: Analysis,
=======
    raised: Sequence[Incident],
    missed: Sequence[MissedSend],
>>>>>>> da99461 (Every account is judged in every run: the walk goes on from the newest midnight that still holds)
    events: Iterable[tuple[str, Event]],
    describer: Describer,
    announced: Announced | None = None,
    already_stored: Container[tuple[str, datetime]] = (),
) -> list[Incident]:
    """Volume, events and silences as incidents, ordered by start.

    events: tabular signals, sign-ins and changed settings with their accounts.
    announced: plans mute volume of their accounts, window and size, and nothing else.
    """
<<<<<<< HEAD
    volume: Sequence[Incident] = [
        incident for incident in analysis.incidents if incident.kind != "silence"
    ]
    silences = [incident for incident in analysis.incidents if incident.kind == "silence"]
=======
    volume: Sequence[Incident] = [incident for incident in raised if incident.kind != "silence"]
    silences = [incident for incident in raised if incident.kind == "silence"]
>>>>>>> da99461 (Every account is judged in every run: the walk goes on from the newest midnight that still holds)
    if announced is not None:
        volume, events = announced.volume(volume), announced.events(events)
    early = early_events(volume, describer.activity, grid.end)
    incidents = sending_incidents(events, volume, describer, already_stored, early)
    if announced is not None:
        incidents = announced.with_plans(incidents)
    return sorted([*incidents, *silences], key=by_start)
