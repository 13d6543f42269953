"""Trace pages: typed decode, and times that are cut, never rounded."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hve_monitor.errors import SourceContractError
from ingest.graph.trace_pages import COLUMNS, TracePage, TraceRow, arrow_rows, utc_times

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
    assert [(each.hour, each.microsecond) for each in found] == [(8, 0), (8, 500000), (8, 0)]


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
    rows = arrow_rows(page.value, "page")
    assert rows.schema == COLUMNS
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
        }
    ]


def test_everything_that_may_be_null_may_be_missing() -> None:
    (row,) = arrow_rows([TraceRow("2026-11-24T08:00:00Z", "somethingNew")], "page").to_pylist()
    assert row["status"] == "somethingNew"
    assert {name for name, value in row.items() if value is None} == set(row) - {
        "received_at",
        "status",
    }


def test_no_rows_are_an_empty_table_of_the_same_columns() -> None:
    assert arrow_rows([], "page").schema == COLUMNS


@pytest.mark.parametrize("lacking", ["receivedDateTime", "status"])
def test_a_row_without_time_or_status_is_refused(lacking: str) -> None:
    row = {"receivedDateTime": "2026-11-24T08:00:00Z", "status": "delivered"}
    del row[lacking]
    with pytest.raises(msgspec.ValidationError, match=lacking):
        msgspec.json.decode(msgspec.json.encode({"value": [row]}), type=TracePage)
