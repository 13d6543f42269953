"""Months beside each other: they add up, and what was not read is unknown or a part, never 0."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from hve_monitor.errors import ConfigError
from models.cost.known import UnreadDays
from models.cost.months import Group, SpentMonths, by_of, compared, month_sums, months_beside
from models.cost.spend import beside, days_of, spend
from models.reference.cost_centers import Center, Centers
from models.reference.prices import Price, PriceBook
from tests.unit.models.conftest import NOW, Workbench
from tests.unit.models.cost.spent_days import HR, IT, PRICE, book, days, spent
from tests.unit.models.cost.test_spend import DECEMBER, config_of, november  # noqa: F401 - a fixture
from warehouse.reading import read_published

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
TODAY = date(2026, 11, 10)
HR_ROWS = [*days(HR, OCTOBER, 31, 10), *days(HR, NOVEMBER, 10, 20)]
IT_ROWS = [*days(IT, NOVEMBER, 10, 100, 5)]
KEY_HR, KEY_IT = ("contoso", HR), ("contoso", IT)


def months(missing: UnreadDays | None = None, prices: PriceBook | None = None) -> SpentMonths:
    """October and ten days of November of two accounts."""
    sums = month_sums(spent([*HR_ROWS, *IT_ROWS]), prices or book(), "USD")
    return SpentMonths(sums, missing or UnreadDays({}), [OCTOBER, NOVEMBER], TODAY)


def test_a_month_is_its_recipients_at_the_price_of_their_days() -> None:
    dearer = PriceBook(
        (Price(date(2020, 1, 1), "USD", PRICE), Price(date(2026, 11, 6), "USD", 2 * PRICE))
    )
    row = months(prices=dearer).row(Group(HR, "contoso"), {KEY_HR}, 1)
    assert [month.cost for month in row.months] == [310 * PRICE, (100 + 2 * 100) * PRICE]
    assert row.difference == (300 - 310) * PRICE
    assert row.ratio == round(-10 / 310, 4)


def test_groups_add_up_to_the_total() -> None:
    table = months()
    centers = Centers({HR: Center("HR", "")})
    for by in ("account", "cost_center", "tenant"):
        groups = table.groups(by_of(by), centers)
        parts = [table.part(NOVEMBER, keys).cost or Decimal(0) for keys in groups.values()]
        assert sum(parts, Decimal(0)) == table.part(NOVEMBER, None).cost == 1200 * PRICE
    assert set(table.groups("cost_center", centers)) == {Group("HR"), Group(None)}


def test_recipients_without_a_status_widen_the_month_and_hide_the_difference() -> None:
    row = months().row(Group(IT), {KEY_IT}, 1)
    assert row.months[1].unknown_recipients == 50
    assert row.months[1].range == (1000 * PRICE, 1050 * PRICE)
    assert row.difference is row.ratio is None


def test_a_month_that_was_not_read_is_unknown_and_one_read_in_part_is_a_part() -> None:
    october = frozenset(OCTOBER + timedelta(days=n) for n in range(31))
    lost = UnreadDays({KEY_IT: october, KEY_HR: frozenset({date(2026, 11, 3)})})
    table = months(lost)
    unread = table.row(Group(IT), {KEY_IT}, 1)
    assert unread.months[0].cost is None
    assert unread.difference is None
    part = table.row(Group(HR), {KEY_HR}, 1)
    assert part.months[1].unread_days == 1
    assert part.months[1].cost == 200 * PRICE
    assert part.difference is None


def test_nothing_before_has_no_ratio() -> None:
    zero, ten = months().part(OCTOBER, {KEY_IT}), months().part(NOVEMBER, {KEY_HR})
    assert zero.cost == 0
    assert compared(zero, ten) == (200 * PRICE, None)


def test_a_grouping_and_a_number_of_months_that_are_not_there_are_refused() -> None:
    assert by_of("cost-center") == "cost_center"
    with pytest.raises(ConfigError, match="--by owner: use one of account, cost_center, tenant"):
        by_of("owner")


def test_the_months_of_a_store_are_those_of_its_reports(november: Workbench) -> None:  # noqa: F811
    config = config_of(november)
    report, table = spend(config, NOW), beside(config, NOW, None, "account", None, 3)
    assert table.months == ["2026-09", "2026-10", "2026-11"]
    assert table.total.months[-1].cost == report.month_to_date.cost
    assert {row.name: row.months[-1].cost for row in table.groups} == {
        line.account: line.month_to_date for line in report.by_account
    }
    assert table.others is None
    for row in table.groups:
        own = days_of(config, NOW, None, "account", None, row.name or "")
        known = [day.cost for day in own.days if day.cost is not None]
        assert sum(known, Decimal(0)) == own.total.cost == row.months[-1].cost
        assert own.days[0].day_utc == date(2026, 11, 1)
    unread = days_of(config, DECEMBER, None, "account", "2026-12", HR)
    assert [day.cost for day in unread.days] == [None] * DECEMBER.day
    assert unread.total.cost is None
    with pytest.raises(ConfigError, match="--days-of nobody@: no account of that name is known"):
        days_of(config, NOW, None, "account", None, "nobody@")
    with pytest.raises(ConfigError, match="--months 0: use a number from 1 to 36"):
        beside(config, NOW, None, "account", None, 0)


def test_the_tenth_group_and_those_after_it_are_others(
    november: Workbench,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("models.cost.months.ALONE", 1)
    with read_published(november.store.root, NOW) as published:
        table = months_beside(published, "USD", "account", Centers({}), NOVEMBER, 2)
    assert table.others is not None
    assert table.others.members == 2
    rest = [row.months[-1].cost or Decimal(0) for row in table.groups[1:]]
    assert table.others.months[-1].cost == sum(rest, Decimal(0))
