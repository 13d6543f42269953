"""Days as matrices: what was not read is unknown, what is long ago is left out."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models.forecast.backtest import backtest
from models.forecast.history import HISTORY, DailyTable, read_days
from models.forecast.projection import forecast_of
from tests.unit.models.forecast.test_projection import NOW

FIRST, TODAY = date(2026, 4, 1), date(2026, 4, 13)
DAY = timedelta(days=1)


def sent(account: str, first: date, *counts: float) -> pd.DataFrame:
    days = [first + n * DAY for n in range(len(counts))]
    return pd.DataFrame({"account": account, "day": days, "recipients": counts})


def table(*frames: pd.DataFrame, unread: dict[str, set[date]] | None = None) -> DailyTable:
    return read_days(pd.concat(frames), TODAY, unread=unread)


def test_an_empty_day_is_0_and_an_unread_one_unknown() -> None:
    rows = sent("a", FIRST, 5).iloc[:1], sent("a", FIRST + 3 * DAY, 7)
    history = table(*rows, unread={"a": {FIRST + 2 * DAY}}).history
    assert history.values[0][:4].tolist() == pytest.approx([5, 0, np.nan, 7], nan_ok=True)


def test_an_account_whose_mail_is_long_ago_sends_nothing() -> None:
    long_ago = sent("a", TODAY - HISTORY - DAY, 9.0)
    history = table(long_ago, sent("b", TODAY - 3 * DAY, 4.0)).history
    assert history.values.tolist() == [[0.0, 0.0, 0.0], [4.0, 0.0, 0.0]]


def test_a_history_keeps_what_incidents_added_apart() -> None:
    rows = sent("a", FIRST, *[4.0] * 11, 204.0)
    history = read_days(rows, TODAY, sent("a", FIRST + 11 * DAY, 200.0)).history
    assert history.values[0].tolist() == [4.0] * 12
    assert history.sent is not None
    assert history.sent[0].tolist() == [*[4.0] * 11, 204.0]
    assert history.before(FIRST + DAY).sent == pytest.approx(np.array([[4.0]]))


def test_the_history_ends_with_the_last_day_that_is_known() -> None:
    late = {FIRST + n * DAY for n in range(9, 13)}
    seen = table(sent("a", FIRST, *[4.0] * 9), unread={"a": late})
    assert seen.history.end == FIRST + 9 * DAY
    assert seen.history.known_days == 9
    assert table(sent("a", FIRST, *[4.0] * 9)).history.end == TODAY


def test_a_part_of_a_day_that_was_read_is_counted_and_taught_by_nobody() -> None:
    seen = table(sent("a", FIRST, 4, 4, 1), unread={"a": {FIRST + 2 * DAY}})
    assert np.isnan(seen.history.values[0, 2])
    assert seen.sent_between(FIRST, TODAY).tolist() == [9.0]


def test_before_its_first_day_an_account_is_not_unread() -> None:
    seen = table(sent("a", FIRST, 1), sent("b", TODAY - DAY, 1), unread={"b": {FIRST}})
    assert not seen.unread[1].any()


def test_rows_of_long_ago_are_counted_in_their_time_alone() -> None:
    seen = table(sent("a", date(1, 1, 1), 9), sent("a", FIRST, 4, 4))
    assert seen.first == FIRST
    assert seen.sent_between(date(1, 1, 1), date(1, 12, 31)).tolist() == [9.0]
    assert seen.sent.shape[1] <= HISTORY.days + 1


def test_unknown_days_count_as_usual_for_the_level() -> None:
    seen = table(sent("a", FIRST, *[6.0] * 12), unread={"a": {FIRST + 4 * DAY}})
    assert seen.history.level(12).tolist() == [6.0] * 12


def test_what_was_read_of_an_unread_day_is_not_expected_again() -> None:
    rows = sent("a", TODAY - 60 * DAY, *[10.0] * 58, 4.0)
    unread = {"a": {TODAY - 2 * DAY, TODAY - DAY}}
    begin = TODAY.replace(day=1)
    period = forecast_of(rows, NOW.replace(hour=0), unread=unread).period(begin, date(2026, 4, 30))
    by_day = dict(period.expected_days())
    assert by_day[TODAY - 2 * DAY] == pytest.approx(6.0)
    assert by_day[TODAY - DAY] == pytest.approx(10.0)
    assert period.together().month_end == pytest.approx(300.0)


def test_periods_with_unread_days_are_not_backtested() -> None:
    rows = sent("a", TODAY - 100 * DAY, *[10.0] * 100)
    assert backtest(rows, NOW).periods
    hole = {TODAY - n * DAY for n in range(1, 100, 20)}
    assert backtest(rows, NOW, unread={"a": hole}).unavailable
