"""What an incident says of its size and of the account's own past."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from models.incident import SIGNALS, Incident
from models.incidents.describe import Describer, sending_incidents
from models.incidents.signals.quarter_hours import COUNTS, activity_of
from models.incidents.signals.rules import find
from models.incidents.size import Sizes
from tests.unit.models.incidents.walks.test_walk import analysed, attacked, of, only


def described(volume: Incident) -> Incident:
    """The incident of one channel of volume, without any quarter-hour of mail."""
    grid, rows = attacked(), pd.DataFrame(columns=["account", "hour_utc", "quarter", *COUNTS])
    activity = activity_of(rows, grid.end)
    sizes = Sizes(grid, analysed("UTC"))
    describer = Describer(activity, find(activity).fitness, sizes, grid.end)
    (incident,) = sending_incidents([], [volume], describer)
    return incident


def test_a_surge_says_how_large_and_the_largest_before() -> None:
    surge = replace(only(of(analysed("UTC").incidents, 0)), record=1234.4)
    size, past = described(surge).reasons[:2]
    assert size.startswith("5,200 recipients in 3 h; ")
    assert (
        past
        == "this account never sent more than 1,234 recipients above its usual in one hour before"
    )


def test_volume_without_a_record_speaks_of_its_size_alone() -> None:
    surge = replace(only(of(analysed("UTC").incidents, 0)), record=None)
    assert "above its usual" not in " ".join(described(surge).reasons)


def test_every_signal_is_named_once() -> None:
    names = [signal.name for signal in described(only(of(analysed("UTC").incidents, 0))).signals]
    assert names == ["surge", "silence", *SIGNALS, "config_change", "sign_ins"]
