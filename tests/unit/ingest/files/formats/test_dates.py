"""Days of other cultures: what is possible and what is dense decides, else the file is refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from hve_monitor.errors import ConfigError
from ingest.files.formats import encoding, records
from ingest.files.formats.containers import UnreadableError
from ingest.files.formats.dates import (
    Order,
    has_written_days,
    iso_days,
    parse_order,
    reading_of,
)
from tests.unit.ingest.files.formats.conftest import Read
from tests.unit.ingest.files.formats.exports import COLUMNS, OBJECT, table

LATEST = date(2026, 11, 27)


def texts(*times: str | None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(times, pa.string())])


def iso(*times: str, requested: Order | None = None) -> list[str]:
    """The times with their days as the file's days decide."""
    reading = reading_of([texts(*times)], LATEST, requested)
    days: list[str] = iso_days(texts(*times), reading).to_pylist()
    return days


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        # A part above 12.
        (["20/11/2026 10:00", "1/2/2026 9:00"], ["2026-11-20 10:00", "2026-02-01 9:00"]),
        (["1/2/2026 10:00", "11/20/2026 10:00"], ["2026-01-02 10:00", "2026-11-20 10:00"]),
        (["11-20-2026 10:00", "11-05-2026 10:00"], ["2026-11-20 10:00", "2026-11-05 10:00"]),
        # No mail after now: 2 November to 12 November, not 11 December.
        (["2/11/2026 9:00 AM", "12/11/2026 8:00 AM"], ["2026-11-02 9:00 AM", "2026-11-12 8:00 AM"]),
        (["11/2/2026 9:00 AM", "11/12/2026 8:00 AM"], ["2026-11-02 9:00 AM", "2026-11-12 8:00 AM"]),
        # One day that is the same both ways.
        (["05/05/2026 10:00", "5/5/2026 11:00"], ["2026-05-05 10:00", "2026-05-05 11:00"]),
        # Nobody writes the month first with dots.
        (["05.11.2026 10:00"], ["2026-11-05 10:00"]),
        (["20 Nov 2026 10:00", "5-nov-2026"], ["2026-11-20 10:00", "2026-11-05"]),
        (["Nov 20, 2026 10:00 AM"], ["2026-11-20 10:00 AM"]),
        # Every year is a Buddhist one, which is written day first; 2567 is 2024, a leap year.
        (["20/11/2569 13:00", "1/2/2569 9:00"], ["2026-11-20 13:00", "2026-02-01 9:00"]),
        (["29/2/2567 13:00"], ["2024-02-29 13:00"]),
        # A stray year proves nothing, and what is no day stays as it is.
        (["20/11/2026 1:00", "20/11/2569 1:00"], ["2026-11-20 1:00", "2569-11-20 1:00"]),
        (["20/11/2026", "13/13/2026", "soon"], ["2026-11-20", "13/13/2026", "soon"]),
    ],
)
def test_the_days_of_a_file_decide_their_order(times: list[str], expected: list[str]) -> None:
    assert iso(*times) == expected


def test_a_dense_week_is_read_and_not_the_eleventh_of_each_month() -> None:
    days = [f"2026-11-{day:02}" for day in (2, 3, 4, 5, 6, 9, 10)]
    assert iso(*(f"{day[-2:]}/11/2026" for day in days)) == days
    assert iso(*(f"11/{day[-2:]}/2026" for day in days)) == days


@pytest.mark.parametrize(
    "times",
    [
        ["1/2/2026 10:00"],
        ["1/2/2026 10:00:00 AM"],
        ["2/11/2026 9:00", "3/11/2026 9:00"],
        ["1/10/2026", "3/10/2026", "7/10/2026", "9/10/2026"],
        ["11-05-2026 10:00"],
        ["1/3/2026", "3/1/2026"],
        ["20.11.2026 10:00", "11/5/2026 10:00", "11/6/2026 10:00"],
        ["2/1/2026", "2/5/2026", "3/4/2026", "5/9/2026", "7/8/2026", "8/2/2026"],
    ],
)
def test_what_stays_open_is_refused_until_it_is_decided(times: list[str]) -> None:
    with pytest.raises(UnreadableError, match="say --dates day-first or --dates month-first"):
        iso(*times)
    assert iso(*times, requested="day-first") != iso(*times, requested="month-first")


def test_both_orders_in_one_file_are_refused() -> None:
    times = ["20/11/2026 10:00", "11/20/2026 10:00:00 AM", "11/05/2026 10:00:00 AM"]
    with pytest.raises(UnreadableError, match="two orders, such as 20/11/2026 and 11/20/2026; say"):
        iso(*times)
    assert iso(*times, requested="month-first")[1:] == [
        "2026-11-20 10:00:00 AM",
        "2026-11-05 10:00:00 AM",
    ]


def test_a_request_decides_only_what_the_days_leave_open() -> None:
    times = ["20/11/2026", "1/2/2026"]
    assert iso(*times, requested="month-first") == iso(*times) == ["2026-11-20", "2026-02-01"]
    # Under day first this is after now: one such row may be an error of its own.
    assert iso("5/12/2026", requested="day-first") == ["2026-12-05"]


@pytest.mark.parametrize("swapped", ["11.05.2026 09:00", "2026-05-11 09:00"])
def test_days_that_a_spreadsheet_swapped_are_refused(swapped: str) -> None:
    with pytest.raises(UnreadableError, match="a spreadsheet seems to have swapped"):
        iso("11/20/2026 9:00:00 AM", swapped)
    assert iso("11/20/2026", "2026-11-21")[1] == "2026-11-21"


def test_times_of_iso_are_left_alone() -> None:
    assert not has_written_days(texts("2026-11-20T10:00:00Z", "", None, "soon", "/Date(0)/"))
    assert has_written_days(texts("2026-11-20", "1/2/2026"))
    assert iso_days(
        texts(None, "2026-11-20T10:00:00.1234567Z"), reading_of([], LATEST)
    ).to_pylist() == [
        None,
        "2026-11-20T10:00:00.1234567Z",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20/11/2026 1:31:13 am", "01:31:13"),
        ("20/11/2026 1:31:13 p.m.", "13:31:13"),
        ("20/11/2026, 12:00:01\u202fAM", "00:00:01"),
        ("20/11/2026 13:31", "13:31:00"),
        ("20/11/2026", "00:00:00"),
        ("20/11/2026 10:00:00 AM +02:00", "08:00:00"),
        ("20/11/2026 10:00:00 +00:00", "10:00:00"),
        ("20.11.2026 13.31.13", "13:31:13"),
        ("20/11/2026 01:31:13 م", "13:31:13"),
        ("20/11/2026 01:31:13 PM UTC", "13:31:13"),
        ("2026-11-20 1:31:13 PM", "13:31:13"),
        ("2026/11/20 1:31:13 a.m.", "01:31:13"),
    ],
)
def test_the_time_of_day_of_every_culture(read: Read, text: str, expected: str) -> None:
    good, bad = read(json.dumps(OBJECT | {"Received": text}))
    assert bad == []
    assert good[0]["received_at"] == datetime.fromisoformat(f"2026-11-20T{expected}+00:00")


def test_the_zone_of_one_row_says_nothing_of_the_next(read: Read) -> None:
    times = ("10:00:00 AM -05:00", "10:00:00 AM", "10:00 AM +01:00", "10:00:00.5 AM", "10:00 AM")
    traces = [OBJECT | {"Received": f"11/20/2026 {time}", "MessageTraceId": time} for time in times]
    rows = [[trace[name] for name in COLUMNS] for trace in traces]
    good, _ = read(table(COLUMNS, *rows))
    assert [row["received_at"].hour for row in good] == [15, 10, 9, 10, 10]


def test_the_whole_file_decides_and_not_its_first_block(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "CHUNK", 1000)
    monkeypatch.setattr(records, "BLOCK", 1000)
    monkeypatch.setattr(records, "LONGEST_HEADER", 500)
    times = [f"{day}/1/2026 10:00" for day in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) * 10]
    rows = [
        [(OBJECT | {"Received": time, "MessageTraceId": f"t{number}"})[name] for name in COLUMNS]
        for number, time in enumerate([*times, "31/1/2026 10:00"])
    ]
    good, bad = read(table(COLUMNS, *rows))
    assert (len(good), bad) == (121, [])
    assert {row["received_at"].month for row in good} == {1}
    last: timedelta = good[-1]["received_at"] - datetime(2026, 1, 31, 10, tzinfo=UTC)
    assert not last


def test_rows_that_are_kept_already_stay_when_a_later_day_is_left_open(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "CHUNK", 1000)
    monkeypatch.setattr(records, "BLOCK", 1000)
    monkeypatch.setattr(records, "LONGEST_HEADER", 500)
    times = ["2026-11-20T10:00:00Z"] * 20 + ["1/2/2026 10:00"]
    rows = [[(OBJECT | {"Received": time})[name] for name in COLUMNS] for time in times]
    good, bad = read(table(COLUMNS, *rows))
    assert (len(good), [line for line, _ in bad]) == (20, [22])


def test_white_space_before_a_day_is_no_part_of_it(read: Read) -> None:
    good, _ = read(json.dumps(OBJECT | {"Received": "  20/11/2026 10:00 "}))
    assert good[0]["received_at"] == datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize("utc", ["ReceivedUTC", "DateUTC", "Date (UTC)", "received_utc"])
@pytest.mark.parametrize("local", ["Received", "Date"])
def test_a_column_in_utc_comes_before_a_local_one(read: Read, local: str, utc: str) -> None:
    row = {name: value for name, value in OBJECT.items() if name != "Received"}
    times = {local: "21.11.2026 00:30:00", utc: "2026-11-20T23:30:00Z"}
    for document in (row | times, times | row):
        good, _ = read(json.dumps(document))
        assert good[0]["received_at"] == datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


def test_an_order_has_one_of_two_names() -> None:
    assert [parse_order(text) for text in (None, "day-first")] == [None, "day-first"]
    with pytest.raises(ConfigError, match="--dates us: use day-first or month-first"):
        parse_order("us")
