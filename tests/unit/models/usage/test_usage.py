"""Usage rows: whole days from the mart, cut days from the facts, unknown stays null."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hve_monitor.errors import ConfigError
from models.usage.usage import COUNTS, daily_usage, usage_report, usage_sums, window_usage
from tests.unit.models.conftest import NOW, Workbench, at, trace
from warehouse.connection import Row
from warehouse.reading import Published
from warehouse.records.accounts import Account


@pytest.fixture(scope="module")
def built(shared_bench: Workbench) -> Workbench:
    """For tests that only read."""
    return fill(shared_bench)


@pytest.fixture
def own_built(bench: Workbench) -> Workbench:
    """For the test that goes on from there."""
    return fill(bench)


def fill(bench: Workbench) -> Workbench:
    bench.land(
        trace("m1", "a@contoso.com", "2026-11-01T00:00:00"),
        trace("m2", "a@contoso.com", "2026-11-01T23:59:59.999999"),
        trace("m3", "a@contoso.com", "2026-11-02T06:00:00"),
        trace("m4", "a@contoso.com", "2026-11-02T18:00:00", sender="it@contoso.com"),
    )
    bench.build()
    return bench


def rows(bench: Workbench, by: str = "account,day", **period: Any) -> list[Row]:
    now = period.pop("now", NOW)
    with bench.reader() as connection:
        published = Published(connection, now)
        summed = usage_sums(published, by.split(","), **period)
        totals = daily_usage(published, **period)[list(COUNTS)].sum()
        assert {name: sum(row[name] or 0 for row in summed) for name in COUNTS} == totals.to_dict()
        return summed


def test_one_row_per_account_and_day(built: Workbench) -> None:
    assert [(row["account"], row["day_utc"], row["messages"]) for row in rows(built)] == [
        ("hr@contoso.com", "2026-11-01", 2),
        ("hr@contoso.com", "2026-11-02", 1),
        ("it@contoso.com", "2026-11-02", 1),
    ]


def test_sums_over_what_is_not_asked(built: Workbench) -> None:
    assert rows(built, "month") == [
        {
            "tenant": "contoso",
            "month": "2026-11",
            "messages": 4,
            "recipients": 4,
            "delivered": 4,
            "failed": 0,
            "quarantined": 0,
            "filtered_as_spam": 0,
            "pending": 0,
            "expanded": 0,
            "other": 0,
            "billable_recipients": 4,
            "unknown_recipients": 0,
        }
    ]


def test_an_end_at_midnight_leaves_the_next_day_out(built: Workbench) -> None:
    found = rows(built, "day", since=at("2026-11-01T00:00:00"), until=at("2026-11-02T00:00:00"))
    assert [(row["day_utc"], row["messages"]) for row in found] == [("2026-11-01", 2)]


def test_a_period_that_cuts_days_counts_the_rows_inside(built: Workbench) -> None:
    found = rows(built, "day", since=at("2026-11-01T12:00:00"), until=at("2026-11-02T12:00:00"))
    assert [(row["day_utc"], row["messages"]) for row in found] == [
        ("2026-11-01", 1),
        ("2026-11-02", 1),
    ]


def test_rows_received_after_now_are_hidden(built: Workbench) -> None:
    found = rows(built, "day", now=at("2026-11-02T06:00:00"))
    assert [(row["day_utc"], row["messages"]) for row in found] == [
        ("2026-11-01", 2),
        ("2026-11-02", 1),
    ]
    assert rows(built, "day", now=at("2026-11-01T00:00:00") - timedelta(seconds=1)) == []


def test_an_unknown_count_stays_null_beside_a_known_one(bench: Workbench) -> None:
    bench.land(
        trace("m1", "a@contoso.com", "2026-11-01T07:00:00", status=None),
        trace("m2", "a@contoso.com", "2026-11-02T07:00:00"),
    )
    bench.build()
    assert [row["delivered"] for row in rows(bench)] == [None, 1]
    assert rows(bench, "account")[0]["delivered"] == 1


def test_mixed_statuses_tell_the_known_part_the_unknown_rows_and_the_range(
    bench: Workbench,
) -> None:
    bench.land(
        trace("m1", "a@contoso.com", "2026-11-01T07:00:00"),
        trace("m1", "b@contoso.com", "2026-11-01T07:00:00", status="failed"),
        *(trace("m1", f"{n}@contoso.com", "2026-11-01T07:00:00", status=None) for n in range(5)),
        trace("m2", "a@contoso.com", "2026-11-02T07:00:00", status=None),
    )
    bench.build()
    names = ("recipients", "delivered", "failed", "unknown_recipients", "range")
    with bench.reader() as connection:
        report = usage_report(Published(connection, NOW), ["day"])
        hours = window_usage(
            Published(connection, NOW), at("2026-11-01T07:00:00"), at("2026-11-03T00:00:00")
        )
    assert [tuple(row[name] for name in names) for row in report.rows] == [
        (7, 1, 1, 5, (1, 6)),
        (1, None, None, 1, (0, 1)),
    ]
    assert hours["unknown_recipients"].tolist() == [6]


def test_a_key_that_does_not_exist_names_those_that_do(built: Workbench) -> None:
    with pytest.raises(ConfigError, match="tenant, account, day, month"):
        rows(built, "acount")


def test_an_empty_store_has_no_rows(bench: Workbench) -> None:
    bench.build()
    assert rows(bench) == []


def test_a_day_that_is_still_to_come_is_hidden(own_built: Workbench) -> None:
    own_built.land(trace("m9", "a@contoso.com", "2099-01-01T00:00:00"))
    own_built.build()
    assert [row["day_utc"] for row in rows(own_built, "day")] == ["2026-11-01", "2026-11-02"]


def test_an_address_keeps_its_last_owner_when_its_account_is_not_listed_any_more(
    bench: Workbench,
) -> None:
    hr = Account("hr@contoso.com", ("hr@contoso.com", "people@contoso.com"))
    it = Account("it@contoso.com", ("it@contoso.com",))
    bench.accounts(hr, it)
    bench.land(trace("m1", "a@contoso.com", "2026-11-01T08:00:00", sender="people@contoso.com"))
    bench.build()
    bench.accounts(it)
    bench.build(NOW + timedelta(hours=1), full=True)
    [row] = rows(bench, now=NOW + timedelta(hours=1))
    assert (row["account"], row["messages"]) == ("hr@contoso.com", 1)
