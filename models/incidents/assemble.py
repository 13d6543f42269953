"""Everything that makes incidents, put together: baselines, tabular signals and their fusion."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import datetime, timedelta

from models.baseline.baseline import local_calendar
from models.baseline.grid import HourlyGrid
from models.incident import Event, Incident
from models.incidents.announced import Announced
from models.incidents.describe import Teller, sending_incidents, silent_incidents
from models.incidents.signals.quarter_hours import Activity
from models.incidents.signals.rules import find
from models.incidents.signals.stored import tabular_events
from models.incidents.size import Sizes
from models.incidents.volume.missed_sends import missed_sends
from models.incidents.walk import Analysis, analyse


def judge(grid: HourlyGrid, activity: Activity, timezone: str) -> tuple[Analysis, list[Incident]]:
    """Baselines of a grid and the incidents until its end, from the traffic alone."""
    analysis = analyse(grid, timezone)
    findings = find(activity)
    teller = Teller(activity, findings.fitness, Sizes(grid, analysis), end_of(grid))
    return analysis, incidents_of(grid, analysis, timezone, tabular_events(findings), teller)


def incidents_of(
    grid: HourlyGrid,
    analysis: Analysis,
    timezone: str,
    events: Iterable[tuple[str, Event]],
    teller: Teller,
    announced: Announced | None = None,
    told_before: Container[tuple[str, datetime]] = (),
) -> list[Incident]:
    """Volume, events and missed sends as incidents, ordered by start.

    events: tabular signals, sign-ins and changed settings with their accounts.
    announced: plans mute volume of their accounts, window and size, and nothing else.
    """
    volume: Sequence[Incident] = [each for each in analysis.incidents if each.kind != "silence"]
    silences = [each for each in analysis.incidents if each.kind == "silence"]
    missed = missed_sends(grid, local_calendar(grid.start, grid.hours, timezone))
    if announced is not None:
        volume, events = announced.volume(volume), announced.events(events)
    found = sending_incidents(events, volume, teller, told_before)
    if announced is not None:
        found = announced.told(found)
    found += silent_incidents(silences, missed, grid, teller.sizes)
    return sorted(found, key=lambda each: (each.started_at, each.account, each.kind))


def end_of(grid: HourlyGrid) -> datetime:
    """The end of the last quarter-hour that is over."""
    whole = grid.hours - (1 if grid.complete_quarters < 4 else 0)
    rest = grid.complete_quarters if grid.complete_quarters < 4 else 0
    return grid.start + whole * timedelta(hours=1) + rest * timedelta(minutes=15)
