"""Slices of the accounts judged by workers: what is stored is what one process stores."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from models.incidents.walks import kept_walks
from tests.unit.models.incidents.walks.test_kept_walks import Story, name_of, twins
from tests.unit.models.stretches.test_rebuild import InOrder
from warehouse.records.plans import add_plan

STEPS = ("late_row", "verdict", "status", "read_later")


def announce(story: Story, accounts: tuple[str, ...]) -> None:
    """A send of 300 recipients from noon of yesterday on, of which two accounts send 600."""
    day = story.now.date() - timedelta(days=1)
    noon = story.now.replace(hour=12, minute=0) - timedelta(days=1)
    window = noon, noon + timedelta(hours=3)
    for twin in story.pair:
        sent = twin.mail.sent[day].copy()
        sent[[0, 4], 48:54] += 50
        twin.send(day, sent)
        add_plan(twin.bench.store.state, "contoso", "", accounts, window, 300, "", "ann", noon)


def test_any_number_of_slices_stores_the_same_and_is_gone_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random steps between judgings from scratch, then a run that goes on from the last."""
    monkeypatch.setattr(kept_walks, "_LEAST_SLICE", 1)
    location = tmp_path / "seen by workers"
    location.mkdir()
    alone, shared = (name_of(0),), (name_of(0), name_of(4))
    with twins(tmp_path) as pair:
        story, pair[0].keeps = Story(3, pair), False
        for count, place, accounts, names in (
            (2, location, alone, ["judged_slice", "judged_slice", "baselines_of"]),
            (5, None, shared, [*["walked_slice"] * 5, *["finished_slice"] * 5, "baselines_of"]),
        ):
            pair[0].workers = workers = InOrder(place)
            workers.count = count
            for step in story.random.choice(STEPS, 2):
                getattr(story, step)()
            announce(story, accounts)
            story.judge()
            assert workers.names == names
            story.pass_time()
        pair[0].keeps = True
        story.judge()
    assert not [file for file in location.rglob("walks/**") if file.is_file()]
