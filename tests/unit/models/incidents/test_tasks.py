"""Slices of the accounts judged by workers: what is stored is what one process stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.incidents.walks import kept_walks
from tests.unit.models.incidents.walks.test_kept_walks import Story, twins
from tests.unit.models.stretches.test_rebuild import InOrder


def test_any_number_of_slices_stores_the_same_and_is_gone_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stretches of random steps between judgings from scratch, then one that goes on."""
    monkeypatch.setattr(kept_walks, "_LEAST_SLICE", 1)
    location = tmp_path / "seen by workers"
    location.mkdir()
    with twins(tmp_path) as pair:
        story, pair[0].keeps = Story(3, pair), False
        for count, place in ((1, None), (2, location), (5, None)):
            pair[0].workers = workers = InOrder(place)
            workers.count = count
            for step in story.random.choice(["late_row", "verdict", "status", "read_later"], 2):
                getattr(story, step)()
            story.judge()
            assert workers.names == ["judged_slice"] * count * (count > 1)
            story.pass_time()
        pair[0].keeps = True
        story.judge()
    assert not [file for file in location.rglob("walks/**") if file.is_file()]
