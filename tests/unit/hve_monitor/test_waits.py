"""What a service may ask for, and how long that can be at most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hve_monitor.waits import LONGEST_SECONDS, retry_after

COST = "x-ms-ratelimit-microsoft.costmanagement-"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "30"}, 30.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"Retry-After": "-5"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "12", f"{COST}clienttype-retry-after": "45"}, 45.0),
        ({f"{COST}qpu-retry-after": "3", f"{COST}entity-retry-after": "junk"}, 3.0),
        ({f"{COST}qpu-remaining": "QueriesPerHour:577", "retry-after-ms": "9"}, None),
        ({"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0.0),
        ({"Retry-After": "Sun, 06 Nov 1994 08:49:37"}, 0.0),
        ({"Retry-After": "Fri, 31 Dec 2099 23:59:59 +99999999999999999999"}, None),
        ({"Retry-After": "Fri, 31 Dec 99999999999999999999 23:59:59 GMT"}, None),
    ],
)
def test_the_longest_retry_after_counts(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(httpx.Headers(headers)) == seconds
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    "value",
    ["3601", "1e300", "inf", "9" * 5000,
     "Fri, 31 Dec 2099 23:59:59 GMT", "Fri, 31 Dec 2099 23:59:59",
     "Fri, 31 Dec 9999 23:59:59 -2359"],
)  # fmt: skip
def test_no_wait_is_longer_than_an_hour(value: str) -> None:
    assert retry_after({"Retry-After": value}) == LONGEST_SECONDS == 3600.0
    assert retry_after({"Retry-After": "1", f"{COST}qpu-retry-after": value}) == 3600.0


@pytest.mark.parametrize("usegmt", [True, False])
def test_an_http_date_is_the_time_until_then(usegmt: bool) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=usegmt)
    for value in (moment, moment.rpartition(" ")[0]):
        wait = retry_after({"Retry-After": value})
        assert wait is not None
        assert 60 < wait <= 90


TEN = "Sun, 06 Nov 1994 10:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("Sun, 06 Nov 1994 10:01:30 GMT", TEN, 90.0),
        ("Sun, 06 Nov 1994 09:00:00 GMT", TEN, 0.0),
        ("Fri, 31 Dec 2099 23:59:59 GMT", TEN, 3600.0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", TEN, 3600.0),
        ("Fri, 31 Dec 2099 23:59:59 GMT", "Fri, 31 Dec 2099 23:59:49 GMT", 10.0),
        ("120", "no date", 120.0),
        ("Sun, 06 Nov 1994 10:01:30 GMT", "no date", 0.0),
        ("Sun, 06 Nov 1994 10:01:30 GMT", "Sun, 06 Nov 99999999999999 10:00:00 GMT", 0.0),
    ],
)
def test_a_date_counts_from_the_time_of_the_answer(value: str, date: str, seconds: float) -> None:
    assert retry_after({"Retry-After": value, "Date": date}) == seconds
    assert retry_after(httpx.Headers({"date": date, "retry-after": value})) == seconds


@settings(deadline=None, database=None, max_examples=100)
@given(st.text())
@example("\x00")
@example("²")
@example("Mon, 01 Jan 0001 00:00:00 +2359")
def test_any_text_as_retry_after_is_a_wait_or_none(text: str) -> None:
    wait = retry_after({"Retry-After": text})
    assert wait is None or 0 <= wait <= LONGEST_SECONDS
