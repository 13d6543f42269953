"""Prices of accounts, and of several tenants together."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from hve_monitor.config import PriceOverride
from models.reference.prices import PriceBook, Tariff, read_price_book

DAY = date(2026, 11, 20)
LIST, OWN = Decimal("0.000042"), Decimal("0.00002")
SENT = [
    ("contoso", "hr@contoso.com", date(2026, 11, 1), 300),
    ("fabrikam", "hr@fabrikam.com", date(2026, 11, 2), 100),
    ("fabrikam", "hr@fabrikam.com", date(2026, 10, 1), 9000),
    ("fabrikam", "hr@fabrikam.com", date(2026, 11, 25), 9000),
]


def tariff(book: PriceBook) -> Tariff:
    daily = pd.DataFrame(SENT, columns=["tenant", "account", "day", "recipients"])
    return Tariff(book, "USD", DAY, daily)


@pytest.fixture
def own() -> Tariff:
    """Contoso pays a price of its own."""
    price = PriceOverride(tenant="contoso", effective_from=date(2026, 7, 1), unit_price=OWN)
    return tariff(read_price_book().with_overrides([price]))


def test_without_own_prices_all_pay_the_same() -> None:
    priced = tariff(read_price_book())
    assert priced.mean(priced.daily) == priced.mean(priced.daily[:0]) == (LIST, True)
    assert priced.of("fabrikam") == priced.of(None) == LIST


def test_several_prices_are_weighed_by_the_four_weeks_before(own: Tariff) -> None:
    assert own.mean(own.daily) == ((300 * OWN + 100 * LIST) / 400, False)
    assert own.mean(own.daily[:1]) == (OWN, True)


def test_an_account_pays_its_tenants_price_and_one_without_mail_the_mean(own: Tariff) -> None:
    assert own.of("contoso") == OWN
    assert own.of("fabrikam") == LIST
    assert own.of(None) == own.mean(own.daily)[0]
