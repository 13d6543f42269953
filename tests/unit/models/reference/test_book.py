"""Prices and metering rules: dated, and replaced by those of the user."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from hve_monitor.config import Config, MeteringRule, PriceOverride, Tenant
from models.reference.book import reference_of, shipped_reference
from models.reference.metering import OPEN_END, read_metering_rules
from models.reference.prices import PriceBook, published_prices, read_price_book

LIST = Decimal("0.000042")
TENANTS = tuple(Tenant(name=name, accounts="files") for name in ("contoso", "fabrikam"))
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


def test_the_price_of_one_tenant_leaves_the_others_alone() -> None:
    day, own = date(2026, 8, 1), Decimal("0.00003")
    agreed = override(date(2026, 7, 1), "0.00003").model_copy(update={"tenant": "contoso"})
    shared = override(date(2026, 7, 15), "0.00004", date(2026, 7, 20))
    book = read_price_book().with_overrides([agreed, shared])
    assert (
        book.unit_price(day, "USD", "contoso") == book.of("contoso").unit_price(day, "USD") == own
    )
    assert book.unit_price(day, "USD", "fabrikam") == book.unit_price(day, "USD") == LIST
    assert book.unit_price(date(2026, 7, 16), "USD", "contoso") == Decimal("0.00004")
    assert book.unit_price(date(2026, 6, 5), "USD", "contoso") == LIST


def test_several_tenants_pay_their_mean_price_by_what_they_send() -> None:
    day = date(2026, 8, 1)
    own = override(date(2026, 7, 1), "0.00002").model_copy(update={"tenant": "contoso"})
    book = read_price_book().with_overrides([own])
    mixed = book.mean_price(day, "USD", {"contoso": 3, "fabrikam": 1})
    assert mixed == ((3 * Decimal("0.00002") + LIST) / 4, False)
    assert book.mean_price(day, "USD", {"northwind": 3, "fabrikam": 1}) == (LIST, True)
    assert book.mean_price(day, "USD", {"contoso": 0, "fabrikam": 0})[0] == Decimal("0.000031")
    assert book.mean_price(day, "USD", {}) == (LIST, True)
    assert book.mean_price(day, "EUR", {"contoso": 1}) == (None, False)


def test_a_price_of_one_tenant_makes_no_other_ones_days_new() -> None:
    own = override(date(2026, 7, 1), "0.00002").model_copy(update={"tenant": "contoso"})
    reference, before = reference_of(Config(prices=(own,), tenants=TENANTS)), shipped_reference()
    assert reference.version("fabrikam") == before.version("fabrikam")
    assert reference.version("contoso") != before.version("contoso")


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
    reference = reference_of(config)
    with duckdb.connect() as connection:
        reference.offer(connection)
        assert published_prices(connection) == reference.prices
        shipped_reference().offer(connection)
        assert published_prices(connection) == read_price_book()
    assert reference.version("contoso") != shipped_reference().version("contoso")
    assert isinstance(reference.prices, PriceBook)
