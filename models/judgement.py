"""Everything that makes incidents, put together: baselines, tabular signals and their fusion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from models.activity import Activity
from models.baselines import local_calendar
from models.evidence import Incident
from models.findings import find
from models.fusion import Event, Plan
from models.grid import HourlyGrid
from models.incidents import Analysis, analyse
from models.missed import missed_sends
from models.sizes import Sizes
from models.stories import sending_incidents, silent_incidents


def judge(
    grid: HourlyGrid,
    activity: Activity,
    timezone: str,
    context: Sequence[tuple[str, Event]] = (),
    plans: Sequence[Plan] = (),
) -> tuple[Analysis, list[Incident]]:
    """Baselines of a grid and the incidents until its end, ordered by start.

    context: events that the traffic does not show, with their accounts.
    plans: announced sends; they mute volume of their window and size, and nothing else.
    """
    analysis = analyse(grid, timezone)
    sizes = Sizes(grid, analysis)
    until = end_of(grid)
    volume = [each for each in analysis.incidents if each.kind != "silence"]
    silences = [each for each in analysis.incidents if each.kind == "silence"]
    missed = missed_sends(grid, local_calendar(grid.start, grid.hours, timezone))
    found = sending_incidents(find(activity), volume, context, sizes, until, plans)
    found += silent_incidents(silences, missed, grid, sizes)
    found.sort(key=lambda each: (each.started_at, each.account, each.kind))
    return analysis, found


def end_of(grid: HourlyGrid) -> datetime:
    """The end of the last quarter-hour that is over."""
    whole = grid.hours - (1 if grid.complete_quarters < 4 else 0)
    rest = grid.complete_quarters if grid.complete_quarters < 4 else 0
    return grid.start + whole * timedelta(hours=1) + rest * timedelta(minutes=15)
