"""Coverage: what was read is told apart from what was not, and from what files hold."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from hve_monitor.document import encoded
from models.baseline.hours import gaps_of
from models.overview.health import coverage_days
from models.usage.coverage import (
    SOURCE,
    coverage_of,
    coverage_report,
    covered_until,
    stored_coverage,
)
from models.usage.file_days import NO_FILES
from models.usage.unread import unread_days, unread_windows
from tests.unit.models.conftest import NOW, TENANT, Workbench, at, trace
from warehouse.reading import Published
from warehouse.records.accounts import Account
from warehouse.records.coverage import plan_backfill, postpone, record_coverage
from warehouse.windows import Window

ADDRESS = "hr@contoso.com"


def cover(bench: Workbench, start: str, end: str, address: str = ADDRESS) -> None:
    record_coverage(bench.store.state, TENANT.name, SOURCE, address, Window(at(start), at(end)))


def report(bench: Workbench, now: datetime = NOW, **bounds: Any) -> dict[str, Any]:
    with bench.reader() as connection:
        document: dict[str, Any] = encoded(coverage_report(Published(connection, now), **bounds))
        return document


def read_until_now(bench: Workbench) -> None:
    bench.accounts(Account(ADDRESS, (ADDRESS,)))
    cover(bench, "2026-11-01T00:00:00", "2026-11-24T08:00:00")
    bench.store.state.record_now(TENANT.name, NOW)
    bench.build()


def test_everything_read_is_complete(bench: Workbench) -> None:
    read_until_now(bench)
    assert report(bench) == {"complete": True, "gaps": [], "as_of": "2026-11-24T08:00:00Z"}


def test_a_hole_is_named_with_address_and_times(bench: Workbench) -> None:
    bench.accounts(Account(ADDRESS, (ADDRESS,)))
    cover(bench, "2026-11-01T00:00:00", "2026-11-10T00:00:00")
    cover(bench, "2026-11-11T00:00:00", "2026-11-24T08:00:00")
    bench.store.state.record_now(TENANT.name, NOW)
    bench.build()
    found = report(bench)
    assert found["complete"] is False
    assert found["gaps"] == [
        {
            "tenant": "contoso",
            "account": ADDRESS,
            "address": ADDRESS,
            "from": "2026-11-10T00:00:00Z",
            "to": "2026-11-11T00:00:00Z",
        }
    ]


def test_a_run_that_is_an_hour_old_is_fresh_and_a_day_old_is_a_gap(bench: Workbench) -> None:
    read_until_now(bench)
    assert report(bench, NOW + timedelta(hours=1))["complete"] is True
    stale = report(bench, NOW + timedelta(days=1))
    assert stale["complete"] is False
    assert stale["gaps"][0]["from"] == "2026-11-24T08:00:00Z"


def test_an_asked_period_before_the_first_read_is_a_gap(bench: Workbench) -> None:
    read_until_now(bench)
    found = report(bench, since=at("2026-10-30T00:00:00"), until=at("2026-11-05T00:00:00"))
    assert [(gap["from"], gap["to"]) for gap in found["gaps"]] == [
        ("2026-10-30T00:00:00Z", "2026-11-01T00:00:00Z")
    ]


def plan(bench: Workbench, start: str, *addresses: str) -> None:
    plan_backfill(bench.store.state, TENANT.name, SOURCE, addresses or [ADDRESS], at(start))


def gap_times(bench: Workbench, **bounds: Any) -> list[tuple[str, str]]:
    return [(gap["from"], gap["to"]) for gap in report(bench, **bounds)["gaps"]]


def test_what_a_first_reading_did_not_reach_is_a_gap(bench: Workbench) -> None:
    plan(bench, "2026-08-26T00:00:00")
    read_until_now(bench)
    assert report(bench)["complete"] is False
    assert gap_times(bench) == [("2026-08-26T00:00:00Z", "2026-11-01T00:00:00Z")]


def test_a_first_reading_that_read_nothing_is_a_gap_as_a_whole(bench: Workbench) -> None:
    bench.accounts(Account(ADDRESS, (ADDRESS,)))
    plan(bench, "2026-08-26T00:00:00")
    bench.store.state.record_now(TENANT.name, NOW)
    bench.build()
    assert gap_times(bench) == [("2026-08-26T00:00:00Z", "2026-11-24T08:00:00Z")]


def test_what_is_needed_from_the_start_of_a_month_is_missed_from_then(bench: Workbench) -> None:
    read_until_now(bench)
    assert gap_times(bench, needed_from=at("2026-10-01T00:00:00")) == [
        ("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")
    ]
    assert gap_times(bench, needed_from=at("2026-11-05T00:00:00")) == []


def test_a_tenant_of_which_nothing_came_makes_all_incomplete(bench: Workbench) -> None:
    read_until_now(bench)
    bench.store.state.record_now("fabrikam", NOW)
    bench.build()
    assert report(bench)["complete"] is False


def test_accounts_listed_by_hand_make_no_gaps_in_files(bench: Workbench) -> None:
    bench.accounts(Account(ADDRESS, (ADDRESS,)))
    bench.land(trace("m1", "a@contoso.com", "2026-11-02T07:00:00"))
    bench.build()
    assert report(bench) == {"complete": None, "gaps": [], "as_of": "2026-11-24T08:00:00Z"}


def test_what_an_ingest_read_is_known_before_the_next_build(bench: Workbench) -> None:
    bench.accounts(Account(ADDRESS, (ADDRESS,)))
    plan(bench, "2026-11-01T00:00:00")
    cover(bench, "2026-11-10T00:00:00", "2026-11-24T08:00:00")
    unread = stored_coverage(bench.store, [TENANT.name], NOW)
    assert unread.complete is False
    assert [(gap.start, gap.end) for gap in unread.gaps] == [
        (at("2026-11-01T00:00:00"), at("2026-11-10T00:00:00"))
    ]
    cover(bench, "2026-11-01T00:00:00", "2026-11-10T00:00:00")
    assert stored_coverage(bench.store, [TENANT.name], NOW).complete is True
    assert stored_coverage(bench.store, [TENANT.name, "fabrikam"], NOW).complete is False
    assert stored_coverage(bench.store, [], NOW).complete is None


def test_files_claim_no_coverage(bench: Workbench) -> None:
    bench.land(trace("m1", "a@contoso.com", "2026-11-02T07:00:00"))
    bench.build()
    assert report(bench)["complete"] is None


def test_a_store_of_nothing_is_not_complete(bench: Workbench) -> None:
    bench.build()
    assert report(bench)["complete"] is False


def test_gaps_of_any_address_are_gaps_of_the_account(bench: Workbench) -> None:
    bench.accounts(Account(ADDRESS, (ADDRESS, "people@contoso.com")))
    cover(bench, "2026-11-01T00:00:00", "2026-11-03T00:00:00")
    cover(bench, "2026-11-02T00:00:00", "2026-11-03T00:00:00", "people@contoso.com")
    unread = unread_windows(
        coverage_of(bench.store, TENANT.name),
        [ADDRESS],
        NO_FILES,
        Window(at("2026-11-01T00:00:00"), at("2026-11-03T00:00:00")),
    )
    assert unread == {ADDRESS: [Window(at("2026-11-01T00:00:00"), at("2026-11-02T00:00:00"))]}
    assert covered_until(bench.store, TENANT.name) == at("2026-11-03T00:00:00")


def postponed_at(bench: Workbench, start: str, end: str) -> None:
    """Read until the start; the minutes up to the end were left for the next run."""
    bench.accounts(Account(ADDRESS, (ADDRESS,)))
    cover(bench, "2026-11-01T00:00:00", start)
    postpone(bench.store.state, TENANT.name, SOURCE, {ADDRESS: Window(at(start), at(end))})
    bench.store.state.record_now(TENANT.name, at(end))
    bench.build()


def test_what_was_left_for_the_next_run_is_no_gap_yet(bench: Workbench) -> None:
    postponed_at(bench, "2026-11-24T07:45:00", "2026-11-24T08:00:00")
    assert report(bench)["complete"] is True
    assert stored_coverage(bench.store, [TENANT.name], NOW).complete is True
    with bench.reader() as connection:
        published = Published(connection, NOW)
        assert unread_days(published, NOW.date(), NOW.date()) == {}
        assert coverage_days(published, NOW.date())["share"].tolist() == [1.0]
    unknown = gaps_of(bench.store, TENANT.name, [ADDRESS], NOW)[ADDRESS]
    assert unknown[-1] == Window(at("2026-11-24T07:45:00"), NOW)


def test_what_was_left_and_never_read_becomes_a_gap(bench: Workbench) -> None:
    postponed_at(bench, "2026-11-24T06:45:00", "2026-11-24T07:00:00")
    [gap] = report(bench, NOW + timedelta(minutes=1))["gaps"]
    assert (gap["from"], gap["to"]) == ("2026-11-24T06:45:00Z", "2026-11-24T08:01:00Z")


def test_what_was_left_days_ago_is_a_gap_of_its_day_too(bench: Workbench) -> None:
    postponed_at(bench, "2026-11-20T23:50:00", "2026-11-21T00:05:00")
    midnight = at("2026-11-21T00:00:00")
    [gap] = report(bench, NOW, since=at("2026-11-20T00:00:00"), until=midnight)["gaps"]
    assert (gap["from"], gap["to"]) == ("2026-11-20T23:50:00Z", "2026-11-21T00:00:00Z")
    with bench.reader() as connection:
        published = Published(connection, NOW)
        assert unread_days(published, date(2026, 11, 20), date(2026, 11, 20))
