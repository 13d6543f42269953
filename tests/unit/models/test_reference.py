"""Prices and metering rules: dated, and replaced by those of the user."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from hve_monitor.config import Config, MeteringRule, PriceOverride
from models.metering import OPEN_END, read_metering_rules
from models.prices import PriceBook, published_prices, read_price_book
from models.reference import reference_of, shipped_reference

LIST = Decimal("0.000042")
days = st.dates(date(2026, 6, 2), date(2027, 12, 31))


def override(start: date, price: str, until: date | None = None) -> PriceOverride:
    return PriceOverride(effective_from=start, effective_until=until, unit_price=Decimal(price))


@given(days, st.integers(1, 200), days)
def test_an_override_holds_in_its_days_and_nowhere_else(
    start: date, length: int, day: date
) -> None:
    until = start + timedelta(days=length)
    book = read_price_book().with_overrides([override(start, "0.00001", until)])
    expected = Decimal("0.00001") if start <= day < until else LIST
    assert book.unit_price(day, "USD") == expected
    assert book.unit_price(day, "EUR") is None


def test_a_price_in_another_currency_leaves_the_list_price_alone() -> None:
    euro = PriceOverride(
        effective_from=date(2026, 7, 1), currency="EUR", unit_price=Decimal("0.000039")
    )
    book = read_price_book().with_overrides([euro])
    assert book.unit_price(date(2026, 8, 1), "EUR") == Decimal("0.000039")
    assert book.unit_price(date(2026, 6, 30), "EUR") is None
    assert book.unit_price(date(2026, 8, 1), "USD") == LIST


def test_only_days_with_another_price_split_a_month() -> None:
    same = override(date(2026, 11, 10), "0.000042")
    book = read_price_book().with_overrides([same, override(date(2026, 11, 20), "0")])
    month = (date(2026, 11, 1), date(2026, 11, 30))
    assert book.changes(*month, "USD") == [date(2026, 11, 20)]


def test_delivered_counts_and_the_row_of_a_list_never() -> None:
    rules = read_metering_rules()
    assert rules.billable(date(2026, 11, 1)) == ("delivered",)
    assert "quarantined" in rules.unverified()
    assert "delivered" not in rules.unverified()


def test_a_switch_counts_from_its_day_on() -> None:
    rule = MeteringRule(
        status="filtered_as_spam", effective_from=date(2026, 7, 1), is_billable=True
    )
    rules = read_metering_rules().with_switches([rule])
    assert rules.billable(date(2026, 6, 30)) == ("delivered",)
    assert rules.billable(date(2026, 7, 1)) == ("delivered", "filtered_as_spam")
    assert ("filtered_as_spam", date(2026, 7, 1), OPEN_END) in rules.spans()


def test_models_read_the_overrides_too() -> None:
    config = Config(prices=(override(date(2026, 7, 1), "0.00004"),))
    held = reference_of(config)
    with duckdb.connect() as connection:
        held.offer(connection)
        assert published_prices(connection) == held.prices
        shipped_reference().offer(connection)
        assert published_prices(connection) == read_price_book()
    assert held.version != shipped_reference().version
    assert isinstance(held.prices, PriceBook)
