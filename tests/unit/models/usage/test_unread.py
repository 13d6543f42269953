"""Of which days and windows it is unknown what was sent."""

from __future__ import annotations

from datetime import date

from models.usage.coverage import SOURCE, AddressCoverage
from models.usage.file_days import NO_FILES, FileDays
from models.usage.unread import unread_days, unread_times, unread_windows
from tests.unit.models.conftest import NOW, TENANT, Workbench, at, trace
from warehouse.reading import Published
from warehouse.records.accounts import Account
from warehouse.records.coverage import record_coverage
from warehouse.windows import Window

HR, ALIAS, IT = "hr@contoso.com", "people@contoso.com", "it@contoso.com"
JULY, NOVEMBER = at("2026-07-01T00:00:00"), at("2026-11-01T00:00:00")
LATER = at("2026-11-10T00:00:00")


def days(first: int, last: int) -> frozenset[date]:
    return frozenset(date(2026, 11, day) for day in range(first, last + 1))


def read(address: str, *windows: Window, account: str = HR) -> AddressCoverage:
    return AddressCoverage("contoso", account, address, windows, NOVEMBER)


def test_a_window_that_one_address_of_an_account_lacks_is_unread() -> None:
    hole = Window(at("2026-11-03T00:00:00"), at("2026-11-04T00:00:00"))
    coverage = [
        read(HR, Window(NOVEMBER, LATER)),
        read(ALIAS, Window(NOVEMBER, hole.start), Window(hole.end, LATER)),
        read(IT, Window(NOVEMBER, LATER), account=IT),
    ]
    assert unread_windows(coverage, [HR, IT], NO_FILES, Window(NOVEMBER, LATER)) == {HR: [hole]}


def test_before_the_first_reading_days_with_rows_of_files_are_known() -> None:
    begin = at("2026-10-30T00:00:00")
    unread = unread_windows(
        [read(HR, Window(NOVEMBER, LATER))],
        [HR],
        FileDays([date(2026, 10, 30)], []),
        Window(begin, LATER),
    )
    assert unread == {HR: [Window(at("2026-10-31T00:00:00"), NOVEMBER)]}


def test_a_planned_start_is_read_or_unread_from_then_on() -> None:
    late = read(HR, Window(at("2026-11-05T00:00:00"), LATER))
    assert unread_windows([late], [HR], NO_FILES, Window(NOVEMBER, LATER)) == {
        HR: [Window(NOVEMBER, at("2026-11-05T00:00:00"))]
    }


def test_days_cut_by_a_gap_are_not_wholly_known(bench: Workbench) -> None:
    bench.accounts(Account(HR, (HR,)))
    state = bench.store.state
    record_coverage(state, "contoso", SOURCE, HR, Window(NOVEMBER, at("2026-11-20T12:00:00")))
    record_coverage(state, "contoso", SOURCE, HR, Window(at("2026-11-21T12:00:00"), NOW))
    bench.store.state.record_now(TENANT.name, NOW)
    bench.build()
    with bench.reader() as connection:
        unread = unread_days(Published(connection, NOW), date(2026, 11, 1), date(2026, 11, 24))
    assert unread == {("contoso", HR): days(20, 21)}


def test_a_day_that_begins_just_now_is_known_as_the_day_before_it_is(bench: Workbench) -> None:
    bench.accounts(Account(HR, (HR,)))
    state = bench.store.state
    record_coverage(state, "contoso", SOURCE, HR, Window(NOVEMBER, at("2026-11-20T00:00:00")))
    state.record_now(TENANT.name, NOW)
    bench.build()
    with bench.reader() as connection:
        for midnight, unknown in (("20", frozenset()), ("21", days(20, 21)), ("22", days(20, 22))):
            published = Published(connection, at(f"2026-11-{midnight}T00:00:00"))
            unread = unread_days(published, date(2026, 11, 1), date(2026, 11, 30))
            assert unread.get(("contoso", HR), frozenset()) == unknown


def test_days_without_a_row_of_any_account_are_unknown_to_files(bench: Workbench) -> None:
    bench.land(
        *(trace(f"h{day}", "ada@contoso.com", f"2026-11-{day:02}T09:00:00") for day in (2, 3, 4)),
        *(trace(f"i{day}", "ada@contoso.com", f"2026-11-{day:02}T09:00:00", sender=IT)
          for day in (3, 4, 5, 16, 17)),
    )  # fmt: skip
    bench.build()
    with bench.reader() as connection:
        unread = unread_days(Published(connection, NOW), date(2026, 11, 2), date(2026, 11, 17))
        hole = unread_times(Published(connection, NOW), Window(NOVEMBER, at("2026-11-17T12:00:00")))
    assert unread == {("contoso", HR): days(6, 15), ("contoso", IT): days(6, 15)}
    assert hole["contoso", IT] == [
        Window(NOVEMBER, at("2026-11-02T00:00:00")),
        Window(at("2026-11-06T00:00:00"), at("2026-11-16T00:00:00")),
    ]
