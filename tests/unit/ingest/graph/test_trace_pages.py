"""Trace pages: typed decode, and times that are cut, never rounded."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hve_monitor.errors import SourceContractError
from ingest.graph.trace_pages import (
    COLUMNS,
    TracePage,
    TraceRow,
    arrow_rows,
    lenient_page,
    oldest_time,
    utc_times,
)
from warehouse.windows import Window

LATEST = datetime(2026, 11, 26, 8, tzinfo=UTC)

DOCUMENTED = """{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#messageTraces",
 "value":[{"id":"4451a062-48cb-e80d-e8c0-196330437ae6","senderAddress":"sender@contoso.com",
  "recipientAddress":"recipient@contoso.com","messageId":"<d9683b4c@contoso.com>",
  "receivedDateTime":"2025-06-13T10:30:00Z","subject":"Quarterly Report","size":45678,
  "fromIP":"192.0.2.100","toIP":"","status":"delivered"}]}"""


def times(*texts: str) -> list[datetime]:
    found: list[datetime] = utc_times(pa.array(texts, pa.string()), "page").to_pylist()
    return found


@pytest.mark.parametrize("digits", range(10))
def test_any_number_of_fractional_digits_is_cut_to_microseconds(digits: int) -> None:
    fraction = f".{'987654321'[:digits]}" if digits else ""
    micro = int("987654321"[: min(digits, 6)].ljust(6, "0")) if digits else 0
    moment = datetime(2026, 11, 24, 8, 0, 0, micro, tzinfo=UTC)
    assert times(f"2026-11-24T08:00:00{fraction}Z") == [moment]


def test_the_last_instant_of_a_day_stays_in_it() -> None:
    assert times("2026-11-23T23:59:59.9999999Z") == [
        datetime(2026, 11, 23, 23, 59, 59, 999999, tzinfo=UTC)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24T08:00:00",
        "2026-11-24 08:00:00",
        "2026-11-24T08:00:00.0000000",
        "2026-11-24T09:00:00+01:00",
        "2026-11-24T09:00:00.0000000+0100",
        "2026-11-24T03:00:00-05:00",
    ],
)
def test_a_missing_zone_is_utc_and_a_given_one_is_honoured(text: str) -> None:
    assert times(text) == [datetime(2026, 11, 24, 8, tzinfo=UTC)]


def test_times_with_and_without_zone_and_fraction_may_be_mixed() -> None:
    found = times("2026-11-24T08:00:00", "2026-11-24T08:00:00.5Z", "2026-11-24T10:00:00+02:00")
    assert [(time.hour, time.microsecond) for time in found] == [(8, 0), (8, 500000), (8, 0)]


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "24.11.2026 08:00"])
def test_a_text_that_is_no_time_names_the_page(text: str) -> None:
    with pytest.raises(SourceContractError, match="page: receivedDateTime"):
        times("2026-11-24T08:00:00Z", text)


@settings(deadline=None, database=None, max_examples=60)
@given(st.text(max_size=30))
def test_any_text_is_a_time_or_a_broken_contract(text: str) -> None:
    with suppress(SourceContractError):
        assert times(text)[0].tzinfo is not None


def test_the_documented_page_becomes_columns() -> None:
    page = msgspec.json.decode(DOCUMENTED, type=TracePage)
    assert page.next_link is None
    rows = arrow_rows(page.value, LATEST)
    assert rows.drop(["reason"]).schema == COLUMNS
    assert rows.to_pylist() == [
        {
            "trace_id": "4451a062-48cb-e80d-e8c0-196330437ae6",
            "recipient": "recipient@contoso.com",
            "sender": "sender@contoso.com",
            "received_at": datetime(2025, 6, 13, 10, 30, tzinfo=UTC),
            "status": "delivered",
            "message_id": "<d9683b4c@contoso.com>",
            "subject": "Quarterly Report",
            "size_bytes": 45678,
            "from_ip": "192.0.2.100",
            "to_ip": None,
            "reason": None,
        }
    ]


def test_everything_that_may_be_null_may_be_missing() -> None:
    (row,) = arrow_rows([TraceRow("2026-11-24T08:00:00Z", "somethingNew")], LATEST).to_pylist()
    assert row["status"] == "somethingNew"
    assert {name for name, value in row.items() if value is None} == set(row) - {
        "received_at",
        "status",
        "reason",
    }


def test_no_rows_are_an_empty_table_of_the_same_columns() -> None:
    assert arrow_rows([], LATEST).drop(["reason"]).schema == COLUMNS


ROW = {
    "id": "t1",
    "senderAddress": "hr@contoso.com",
    "recipientAddress": "ana@fabrikam.com",
    "receivedDateTime": "2026-11-24T08:00:00Z",
    "status": "delivered",
}


def decoded(*rows: object) -> list[dict[str, object]]:
    """Rows of one page, whatever their values are."""
    body = msgspec.json.encode({"value": rows})
    try:
        page = msgspec.json.decode(body, type=TracePage)
    except msgspec.ValidationError:
        page = lenient_page(body)
    table: list[dict[str, object]] = arrow_rows(page.value, LATEST).to_pylist()
    return table


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (2048, 2048), ("2048", 2048), (2048.0, 2048), ("2,048", 2048), (None, None), ("", None),
        ("big", None), (1.5, None), (-1, None), (10**30, None), ("1e999", None), ([1], None),
        (True, None),
    ],
)  # fmt: skip
def test_a_size_costs_no_row(size: object, expected: int | None) -> None:
    (row,) = decoded(ROW | {"size": size})
    assert (row["size_bytes"], row["reason"]) == (expected, None)


@pytest.mark.parametrize("name", ["status", "subject", "messageId", "fromIP", "toIP"])
@pytest.mark.parametrize("value", [None, 5, [], {"a": 1}, True])
def test_an_odd_value_costs_no_row(name: str, value: object) -> None:
    first, second = decoded(ROW | {name: value}, ROW | {"id": "t2"})
    assert (first["reason"], second["reason"]) == (None, None)
    assert (second["trace_id"], second["status"]) == ("t2", "delivered")


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"receivedDateTime": None}, "receivedDateTime is missing"),
        ({"receivedDateTime": ""}, "receivedDateTime is missing"),
        ({"receivedDateTime": "soon"}, "receivedDateTime is no time"),
        ({"receivedDateTime": []}, "receivedDateTime is missing"),
        (
            {"receivedDateTime": "0001-01-01T00:00:00Z"},
            "receivedDateTime is before 1990 or after now",
        ),
        (
            {"receivedDateTime": "2026-11-26T08:00:01Z"},
            "receivedDateTime is before 1990 or after now",
        ),
        ({"id": None}, "id, senderAddress or recipientAddress is missing"),
        ({"recipientAddress": []}, "id, senderAddress or recipientAddress is missing"),
    ],
)
def test_a_row_that_cannot_be_kept_costs_itself_alone(odd: dict[str, object], reason: str) -> None:
    rows = decoded(ROW, ROW | odd, ROW)
    assert [row["reason"] for row in rows] == [None, reason, None]


def test_what_is_no_row_costs_itself_alone() -> None:
    rows = decoded(ROW, None, "text", ROW)
    assert [row["reason"] is None for row in rows] == [True, False, False, True]


def test_a_page_that_is_none_stays_a_broken_contract() -> None:
    with pytest.raises(msgspec.ValidationError):
        lenient_page(b'{"value": 5}')


def test_a_page_reaches_back_to_its_last_time_in_the_window() -> None:
    window = Window(LATEST - timedelta(days=9), LATEST)
    times = ("2026-11-24T08:00:00Z", "2026-11-23T08:00:00Z", "0001-01-01T00:00:00Z", None, "soon")
    rows = [TraceRow(time) for time in times]
    assert oldest_time(rows, window) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert oldest_time(rows[2:], window) is None


GUID = "4451a062-48cb-e80d-e8c0-196330437ae6"


@pytest.mark.parametrize(
    ("name", "value", "column", "expected"),
    [
        ("id", f"{{{GUID.upper()}}}", "trace_id", GUID),
        ("senderAddress", "HR <SMTP:hr@contoso.com>", "sender", "hr@contoso.com"),
        ("recipientAddress", "'ana@fabrikam.com.'", "recipient", "ana@fabrikam.com"),
        ("status", "Filtered as spam", "status", "filteredAsSpam"),
        ("status", "blockedForGood", "status", "blockedForGood"),
        *((name, "", column, None) for name, column in {
            "status": "status", "messageId": "message_id", "subject": "subject",
            "fromIP": "from_ip", "toIP": "to_ip",
        }.items()),
        ("fromIP", "NULL", "from_ip", None),
    ],
)  # fmt: skip
def test_values_are_kept_in_one_form(
    name: str, value: str, column: str, expected: str | None
) -> None:
    (row,) = decoded(ROW | {name: value})
    assert (row[column], row["reason"]) == (expected, None)


@pytest.mark.parametrize("name", ["id", "senderAddress", "recipientAddress"])
@pytest.mark.parametrize("value", ["", " ", "NULL", "00000000-0000-0000-0000-000000000000"])
def test_an_empty_text_is_missing(name: str, value: str) -> None:
    (row,) = decoded(ROW | {name: value})
    is_address = value.startswith("0") and name != "id"
    missing = "id, senderAddress or recipientAddress is missing"
    assert row["reason"] == (None if is_address else missing)


@pytest.mark.parametrize("value", ["a@x.com; b@x.com", ["a@x.com", "b@x.com"]])
def test_several_recipients_of_a_row_are_so_many(value: object) -> None:
    rows = decoded(ROW | {"recipientAddress": value}, ROW)
    assert [row["recipient"] for row in rows[:2]] == ["a@x.com", "b@x.com"]
    assert {row["reason"] for row in rows} == {None}
    assert len(rows) == 3
