"""The dense grid: gaps, births, quarter-hours and the end of the known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from models.baseline.grid import grid_from_hours

START = datetime(2026, 3, 2, tzinfo=UTC)
COLUMNS = [
    "account",
    "hour_utc",
    "recipients",
    "recipients_q1",
    "recipients_q2",
    "recipients_q3",
    "recipients_q4",
    "new_recipients",
    "new_sources",
]


def frame(*rows: tuple[str, int, tuple[float, float, float, float]]) -> pd.DataFrame:
    """Rows of (account, hour after START, recipients by quarter)."""
    return pd.DataFrame(
        [
            (account, pd.Timestamp(START + timedelta(hours=hour)), sum(q), *q, sum(q), 1)
            for account, hour, q in rows
        ],
        columns=COLUMNS,
    )


def test_missing_hours_are_zero_and_hours_before_the_first_row_are_unknown() -> None:
    hours = frame(("a", 0, (1, 2, 3, 4)), ("a", 3, (5, 0, 0, 0)), ("b", 2, (0, 0, 0, 7)))
    grid = grid_from_hours(hours, START + timedelta(hours=5))
    assert grid.accounts == ("a", "b")
    assert grid.start == START
    np.testing.assert_array_equal(grid.recipients[0], [10, 0, 0, 5, 0])
    np.testing.assert_array_equal(grid.recipients[1], [np.nan, np.nan, 7, 0, 0])
    np.testing.assert_array_equal(grid.quarters[0, 0], [1, 2, 3, 4])
    assert grid.complete_quarters == 4


def test_a_row_without_a_count_marks_an_unread_hour() -> None:
    hours = frame(("a", 0, (1, 0, 0, 0)), ("a", 1, (1, 0, 0, 0)), ("a", 2, (1, 0, 0, 0)))
    hours.loc[1, "recipients"] = np.nan
    grid = grid_from_hours(hours, START + timedelta(hours=3))
    np.testing.assert_array_equal(grid.recipients[0], [1, np.nan, 1])
    assert np.isnan(grid.quarters[0, 1]).all()


def test_the_grid_ends_with_the_last_complete_quarter() -> None:
    hours = frame(("a", 0, (1, 1, 1, 1)), ("a", 1, (10, 20, 40, 80)), ("a", 2, (9, 9, 9, 9)))
    grid = grid_from_hours(hours, START + timedelta(minutes=60 + 37))
    assert grid.complete_quarters == 2
    np.testing.assert_array_equal(grid.recipients[0], [4, 30])
    np.testing.assert_array_equal(grid.quarters[0, 1], [10, 20, np.nan, np.nan])
    assert grid.new_recipients[0, 1] == 30
    assert grid.time_of_quarter(6) == START + timedelta(minutes=90)


def test_recipients_that_no_quarter_claims_are_known_at_the_end_of_the_hour() -> None:
    hours = frame(("a", 0, (1, 0, 0, 0)))
    hours["recipients"] = 6
    grid = grid_from_hours(hours, START + timedelta(hours=1))
    np.testing.assert_array_equal(grid.quarters[0, 0], [1, 0, 0, 5])


def test_until_in_another_zone_is_the_same_instant() -> None:
    east = timezone(timedelta(hours=2))
    hours = frame(("a", 0, (1, 0, 0, 0)))
    grid = grid_from_hours(hours, (START + timedelta(hours=2)).astimezone(east))
    assert grid.hours == 2


def test_only_the_accounts_asked_for_are_in_the_grid() -> None:
    hours = frame(("a", 0, (1, 0, 0, 0)), ("b", 0, (1, 0, 0, 0)))
    grid = grid_from_hours(hours, START + timedelta(hours=1), accounts=["b", "never"])
    assert grid.accounts == ("b", "never")
    np.testing.assert_array_equal(grid.recipients, [[1], [np.nan]])


@pytest.mark.parametrize("accounts", [None, ["a"]])
def test_an_empty_frame_gives_an_empty_grid(accounts: list[str] | None) -> None:
    grid = grid_from_hours(frame(), START + timedelta(minutes=20), accounts)
    assert grid.recipients.shape == (len(accounts or []), 0)
    assert grid.quarters.shape == (len(accounts or []), 0, 4)


def test_everything_after_until_gives_an_empty_grid() -> None:
    grid = grid_from_hours(frame(("a", 5, (1, 0, 0, 0))), START, accounts=["a"])
    assert grid.hours == 0


def test_a_repeated_hour_is_refused() -> None:
    hours = frame(("a", 0, (1, 0, 0, 0)), ("a", 0, (1, 0, 0, 0)))
    with pytest.raises(ValueError, match="one row per account"):
        grid_from_hours(hours, START + timedelta(hours=1))


def test_until_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        grid_from_hours(frame(), datetime(2026, 3, 2))  # noqa: DTZ001 - the error is the point
