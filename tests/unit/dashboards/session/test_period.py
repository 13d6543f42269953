"""The reader's own days and clock: in the URL, on every page, and one line where they are none."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dashboards.session.view import Days, View
from hve_monitor.config import Config, load_config
from models.usage.usage import daily_usage
from tests.unit.dashboards.conftest import NOW, Open, words
from warehouse.reading import read_published

OWN = {"first": "2026-11-01", "last": "2026-11-10"}
PERIOD_PAGES = ("overview", "senders", "delivery", "plan", "readiness", "health")
ALL_PAGES = (*PERIOD_PAGES, "spend")


def own(first: date, last: date) -> View:
    return View(Config(), "1", NOW, NOW, own_days=Days(first, last))


def test_own_days_end_with_their_last_one_or_now() -> None:
    past = own(date(2026, 11, 1), date(2026, 11, 10))
    assert past.since == datetime(2026, 11, 1, tzinfo=UTC)
    assert past.until == past.end == datetime(2026, 11, 11, tzinfo=UTC)
    assert past.before() == Days(date(2026, 10, 22), date(2026, 10, 31))
    running = own(date(2026, 11, 20), NOW.date())
    assert (running.until, running.end, running.last_day) == (None, NOW, NOW.date())


def test_a_usual_period_has_one_as_long_before_it() -> None:
    view = View(Config(), "1", NOW, NOW, days=7)
    assert view.before() == Days(date(2026, 11, 11), date(2026, 11, 17))
    assert View(Config(), "1", NOW, NOW, days=None).before() is None


def test_the_numbers_are_those_of_the_own_days(stored: Path, opened: Open) -> None:
    app = opened(stored, **OWN)
    with read_published(load_config(stored).warehouse.path, NOW) as published:
        rows = daily_usage(
            published, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 11, tzinfo=UTC)
        )
    total, days = int(rows["recipients"].sum()), rows["day"].nunique()
    assert f"{total:,} recipients in {days} days" in words(app)
    assert "first=2026-11-01&amp;last=2026-11-10" in "".join(
        element.proto.body for element in app.get("html")
    )


@pytest.mark.parametrize("page", PERIOD_PAGES)
def test_every_page_takes_own_days_and_the_tenants_clock(
    stored: Path, opened: Open, page: str
) -> None:
    app = opened(stored, page, clock="tenant time", **OWN)
    assert not app.exception
    assert app.date_input(key="first").value == date(2026, 11, 1)
    assert "not here" not in words(app)
    assert "13\\:00 CET" in words(app)


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ({"first": "2026-13-45", "last": "2026-11-10"}, "names first 2026-13-45"),
        ({"first": "2026-11-01", "last": "soon"}, "names last soon"),
        ({"first": "2026-11-12", "last": "2026-11-10"}, "2026-11-12, is after the last"),
        ({"first": "2027-11-12"}, "2027-11-12, is after today, 2026-11-24"),
        ({"last": "2026-11-10"}, "choose the first day"),
        ({"first": "0001-01-01", "link": "1"}, "names first 0001-01-01"),
        ({"period": "Own dates"}, "choose the first day"),
        ({"clock": "Mars"}, "clock Mars"),
    ],
)
@pytest.mark.parametrize("page", ["overview", "delivery"])
def test_days_that_are_none_leave_the_usual_ones(
    stored: Path, opened: Open, page: str, query: dict[str, str], line: str
) -> None:
    app, usual = opened(stored, page, **query), opened(stored, page)
    assert not app.exception
    assert words(app).count("▲ not here") == 1
    assert line in words(app)
    assert _volume(words(app)) == _volume(words(usual))


def _volume(text: str) -> list[str]:
    return [line for line in text.splitlines() if " recipients" in line and "not here" not in line]


def test_a_first_day_alone_goes_on_up_to_now(stored: Path, opened: Open) -> None:
    app = opened(stored, first="2026-11-18")
    week = opened(stored, period="7 days")
    assert _volume(words(app)) == _volume(words(week))


@pytest.mark.parametrize("page", ALL_PAGES)
def test_a_clock_that_is_not_there_is_said(stored: Path, opened: Open, page: str) -> None:
    assert "clock Mars" in words(opened(stored, page, clock="Mars"))
