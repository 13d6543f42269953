from __future__ import annotations

import pytest

from simulator.mail.instant import long_text, parse_instant, trace_text


@pytest.mark.parametrize(
    "text",
    ["2026-11-24T08:00:00Z", "2026-11-24T08:00:00.120Z", "2026-11-24T08:00:00.1234560Z"],
)
def test_texts_survive_a_round_trip(text: str) -> None:
    assert trace_text(parse_instant(text)) == text


def test_zones_are_respected() -> None:
    assert parse_instant("2026-11-24T09:00:00+01:00") == parse_instant("2026-11-24T08:00:00")
    assert trace_text(parse_instant("2026-11-24")) == "2026-11-24T00:00:00Z"


def test_cmdlet_dates_have_seven_digits() -> None:
    moment = parse_instant("2026-11-24T08:00:00.5Z")
    assert long_text(moment) == "2026-11-24T08:00:00.5000000+00:00"


@pytest.mark.parametrize("text", ["", "today", "2026-11-24T08:00", "2026-13-01", "24.11.2026"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|month"):
        parse_instant(text)
