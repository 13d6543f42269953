"""What the pages read: sums that must agree, and hours that were not read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dashboards.session import readings
from dashboards.session.view import View
from hve_monitor.clock import days_between
from hve_monitor.config import load_config
from hve_monitor.document import encoded
from models.cost.daily import cost_by_day
from models.cost.spend import spend
from models.delivery.outcomes import undelivered
from models.overview.changes import changes_since
from models.usage.accounts import (
    Sender,
    account_hours,
    account_sources,
    accounts,
    learning_states,
    week_of,
)
from models.usage.usage import daily_usage
from tests.unit.dashboards.conftest import FIRST, HR, NEWS, NOW
from warehouse.reading import Published, published_connection

DAY = timedelta(days=1)


@pytest.fixture
def reader(stored: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published version."""
    with published_connection(load_config(stored).warehouse.path) as connection:
        yield connection


def test_days_add_up_to_the_month(stored: Path, reader: duckdb.DuckDBPyConnection) -> None:
    first, last = NOW.date().replace(day=1), NOW.date()
    costs = cost_by_day(Published(reader, NOW), "USD", first, last)
    assert [cost.day for cost in costs] == [*days_between(first, last)]
    total = encoded(spend(load_config(stored), NOW))["month_to_date"]["cost"]
    known = [cost.counted.cost for cost in costs if cost.counted.cost is not None]
    assert sum(known) == Decimal(total)
    other = cost_by_day(Published(reader, NOW), "XXX", first, last)
    assert {cost.counted.cost for cost in other} == {None, 0}  # no price, and nothing sent


def test_undelivered_adds_up_to_usage(reader: duckdb.DuckDBPyConnection) -> None:
    rows = undelivered(Published(reader, NOW), FIRST, NOW, account=NEWS)
    usage = daily_usage(Published(reader, NOW))
    assert set(rows["status"]) == {"failed"}
    assert rows["recipients"].sum() == usage["failed"].sum() == 40


def test_a_new_source_is_a_change_and_the_first_one_is_not(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    texts = [
        (change.account, change.what)
        for change in changes_since(Published(reader, NOW), NOW - 2 * DAY)
    ]
    assert (NEWS, "sent from 203.0.113.66 for the first time") in texts
    assert not any("192.0.2.10" in what for _, what in texts)
    begun = [change.what for change in changes_since(Published(reader, FIRST + DAY), FIRST - DAY)]
    assert begun.count("sent its first mail") == 2


def test_an_unread_hour_is_null_and_a_quiet_one_is_zero(reader: duckdb.DuckDBPyConnection) -> None:
    sender, since = Sender("contoso", HR), NOW - 4 * DAY
    gap = (since + timedelta(hours=1), since + timedelta(hours=3))
    hours = account_hours(Published(reader, NOW), sender, since, NOW, [gap]).set_index("hour_utc")[
        "observed"
    ]
    quiet = account_hours(Published(reader, NOW), sender, since, NOW).set_index("hour_utc")[
        "observed"
    ]
    sent = quiet[quiet > 0].index
    unread = [hour for hour in hours.index if gap[0] <= hour < gap[1] and hour not in sent]
    assert quiet.notna().all()
    assert list(hours[hours.isna()].index) == unread


def test_the_week_is_local(reader: duckdb.DuckDBPyConnection) -> None:
    hours = account_hours(Published(reader, NOW), Sender("contoso", HR), NOW - 14 * DAY, NOW)
    week = week_of(hours, "Europe/Berlin").set_index(["weekday", "hour"])["recipients"]
    assert week["Mon", 8] > 0  # 07:00 UTC in winter
    assert week["Mon", 7] == 0
    assert week["Sun", 12] == 0


def test_accounts_sources_and_learning(reader: duckdb.DuckDBPyConnection) -> None:
    assert [account.account for account in accounts(reader, "contoso")] == [HR, NEWS]
    assert accounts(reader, "elsewhere") == []
    sources = account_sources(reader, Sender("contoso", NEWS), FIRST, NOW)
    assert set(sources["from_ip"]) == {"192.0.2.10", "203.0.113.66"}
    assert learning_states(Published(reader, NOW)) == {
        Sender("contoso", HR): 0,
        Sender("contoso", NEWS): 0,
    }
    assert all(day > 0 for day in learning_states(Published(reader, FIRST + 5 * DAY)).values())


def test_sums_by_account_and_by_day_agree(stored: Path) -> None:
    view = View(load_config(stored), "1", NOW, NOW, tenant="contoso")
    by_account = readings.account_sums(view, None)
    by_day = readings.day_sums(view, None)
    mine = readings.account_counts(view, Sender("contoso", NEWS), None)
    for name in ("recipients", "failed"):
        assert sum(row[name] for row in by_account) == sum(row[name] for row in by_day)
    (row,) = [row for row in by_account if row["account"] == NEWS]
    assert {**row, **mine} == row
    assert readings.day_sums(view, None, account="nobody@contoso.com") == []
    assert readings.account_counts(view, Sender("fabrikam", NEWS), None) == {}
    volume = readings.account_volume(view, Sender("contoso", NEWS), None)
    assert volume["recipients"].sum() == row["recipients"]
