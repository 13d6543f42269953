"""Where a click in the week of an account leads."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from dashboards.senders.profile import newest_day


@pytest.mark.parametrize(
    ("weekday", "hour", "expected"),
    [
        # 23:30 UTC on Sunday, 15 November, is half past midnight on Monday in Berlin.
        ("Mon", 0, date(2026, 11, 15)),
        # The newer Monday has no mail in this hour, and of the newest nothing is known.
        ("Mon", 9, date(2026, 11, 9)),
        ("Tue", 9, None),
    ],
)
def test_an_hour_of_the_week_leads_to_its_newest_utc_day_with_mail(
    weekday: str, hour: int, expected: date | None
) -> None:
    hours = pd.DataFrame(
        {
            "hour_utc": pd.to_datetime(
                ["2026-11-02T08:00Z", "2026-11-09T08:00Z", "2026-11-16T08:00Z", "2026-11-23T08:00Z",
                 "2026-11-15T23:00Z", "2026-11-08T23:00Z"], utc=True,
            ),
            "observed": pd.array([5, 7, 0, None, 1, 4], dtype="Int64"),
        }
    )  # fmt: skip
    assert newest_day(hours, "Europe/Berlin", weekday, hour) == expected
