"""Every kind of incident of a grid: of sending, of silence, and what plans leave of them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import datetime

from models.baseline.baseline import local_calendar
from models.baseline.grid import HourlyGrid
from models.baseline.rest import first_hours, rest_hours
from models.incident import Event, Incident, by_start
from models.incidents.announced import Announced
from models.incidents.describe import Describer, sending_incidents
from models.incidents.signals.first_mailing import early_events
from models.incidents.signals.quarter_hours import QuarterHours
from models.incidents.signals.rules import find
from models.incidents.signals.stored import tabular_events
from models.incidents.size import Sizes
from models.incidents.walks.walk import Analysis, analyse


def judge(
    grid: HourlyGrid, activity: QuarterHours, timezone: str
) -> tuple[Analysis, list[Incident]]:
    """Baselines of a grid and the incidents until its end, from the traffic alone."""
    calendar = local_calendar(grid.start, grid.hours, timezone)
    rest = rest_hours(first_hours(grid.recipients, calendar), calendar)
    analysis = analyse(grid, timezone, rest=rest)
    fired = find(activity)
    describer = Describer(activity, fired.fitness, Sizes(grid, analysis), grid.end)
    return analysis, incidents_of(grid, analysis.incidents, tabular_events(fired), describer)


def incidents_of(
    grid: HourlyGrid,
    raised: Sequence[Incident],
    events: Iterable[tuple[str, Event]],
    describer: Describer,
    announced: Announced | None = None,
    already_stored: Container[tuple[str, datetime]] = (),
) -> list[Incident]:
    """Volume, events and silences as incidents, ordered by start.

    events: tabular signals, sign-ins and changed settings with their accounts.
    announced: plans mute volume of their accounts, window and size, and nothing else.
    """
    volume: Sequence[Incident] = [incident for incident in raised if incident.kind != "silence"]
    silences = [incident for incident in raised if incident.kind == "silence"]
    if announced is not None:
        volume, events = announced.volume(volume), announced.events(events)
    early = early_events(volume, describer.activity, grid.end)
    incidents = sending_incidents(events, volume, describer, already_stored, early)
    if announced is not None:
        incidents = announced.with_plans(incidents)
    return sorted([*incidents, *silences], key=by_start)
