"""The headline and the panel of incidents: what was not judged, not learnt or not read is said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from dashboards.overview import page, yesterday
from dashboards.overview.page import _finding, _mark, _quiet_words, unjudged_words
from dashboards.parts.incident_words import by_severity
from models.incidents.cards import IncidentCard
from models.usage.accounts import Sender
from tests.unit.cli.text.test_texts import AT, card
from tests.unit.dashboards.conftest import NOW, Open, tiles, words

HR, IT = Sender("contoso", "hr@contoso.com"), Sender("contoso", "it@contoso.com")


def ended(account: str = "hr@contoso.com", days: int = 10, **changes: Any) -> IncidentCard:
    """A high incident that was over so many days ago, and that nobody judged."""
    at = AT - timedelta(days=days)
    return replace(card(account), status="ended", started_at=at, ended_at=at, **changes)


def test_high_incidents_that_nobody_judged_stay_in_the_headline() -> None:
    cards = [ended(days=3), ended("it@contoso.com", days=2), ended(severity="medium")]
    assert _finding(cards, True) == (
        "No incident is open; 2 high incidents ended, not judged"
        " (the newest it@contoso.com, 2026-11-22 08:00 UTC)"
    )
    assert "look here" in _mark(cards, True, is_learnt=True)
    open_too = [card("news@contoso.com"), *cards]
    assert _finding(open_too, True).startswith("1 incident is open; 2 high incidents ended")


def test_a_year_of_them_is_one_number_and_the_newest() -> None:
    cards = [ended(days=days) for days in range(1, 401)]
    assert unjudged_words(cards) == (
        "; 400 high incidents ended, not judged (the newest hr@contoso.com, 2026-11-23 08:00 UTC)"
    )


@pytest.mark.parametrize("status", ["closed", "confirmed", "planned", "false_positive"])
def test_a_judged_one_leaves_the_headline(status: str) -> None:
    assert unjudged_words([ended(), replace(ended(), status=status)]).startswith("; 1 high")
    assert unjudged_words([replace(ended(), status=status)]) == ""


def test_unjudged_high_ones_come_after_the_open_ones() -> None:
    old, low = ended(), replace(card("it@contoso.com"), severity="low")
    judged = replace(card("news@contoso.com"), status="confirmed")
    assert by_severity([judged, old, low]) == [low, old, judged]


@pytest.mark.parametrize(
    ("days", "complete", "sentence"),
    [
        ({}, True, "No account has a learnt baseline yet: what is unusual is not known."),
        ({HR: 3, IT: 3}, True, "No account has a learnt baseline yet"),
        ({HR: 0, IT: 0}, True, "No account deviates from what it usually sends."),
        ({HR: 0, IT: 0}, False, "No account deviates from what it usually sends in what was read."),
        ({HR: 0, IT: 5}, True, "None of the 1 account with a learnt baseline deviates"),
    ],
)
def test_only_a_learnt_account_is_quiet(
    monkeypatch: pytest.MonkeyPatch, days: dict[Sender, int], complete: bool, sentence: str
) -> None:
    answers = {
        "accounts": [HR, IT],
        "learning": days,
        "coverage": SimpleNamespace(complete=complete),
    }
    for name, answer in answers.items():
        monkeypatch.setattr(page.readings, name, lambda *_, answer=answer: answer)
    assert _quiet_words(SimpleNamespace()).startswith(sentence)  # type: ignore[arg-type]


def test_quiet_needs_a_learnt_account() -> None:
    assert "quiet" in _mark([], True, is_learnt=True)
    assert "learning" in _mark([], True, is_learnt=False)
    assert "quiet" not in _mark([], False, is_learnt=True)


def test_nothing_new_is_only_said_of_a_time_that_was_read() -> None:
    assert yesterday._finding(0, is_read=True) == "Nothing new since yesterday"
    assert yesterday._finding(0, is_read=False) == "Whether anything is new is not known"
    assert yesterday._finding(2, is_read=False) == "2 changes known since yesterday"


def test_days_after_the_last_read_nothing_is_known_to_be_quiet(stored: Path, opened: Open) -> None:
    app = opened(stored, now=NOW + timedelta(days=6))
    text = words(app)
    assert "Whether anything is new is not known" in text
    assert "1 high incident ended, not judged" in text
    assert "● quiet" not in text
    assert tiles(app)["Open incidents"] == "0"
    assert "in what was read of 24 h; 1 high one ended, not judged" in text
