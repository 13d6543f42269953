"""Reasons of signals say what is not known beside what is."""

from __future__ import annotations

from models.incidents.signals.sentences import SignalNumbers, sentence


def test_failures_name_the_recipients_whose_status_is_unknown() -> None:
    numbers = SignalNumbers(value=15, usual=0, hours=3, total=15, sent=39, unknown=45)
    assert sentence("failure_storm", numbers) == (
        "15 of 39 recipients failed, 45 more are unknown; none in recent weeks"
    )


def test_where_every_status_is_known_nothing_is_said_of_it() -> None:
    numbers = SignalNumbers(value=15, usual=0, hours=3, total=15, sent=39)
    assert "unknown" not in sentence("failure_storm", numbers)
