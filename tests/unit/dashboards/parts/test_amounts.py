"""Numbers as people read them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pandas as pd
import pytest

from dashboards.parts import amounts


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("4.831234", "4.831 USD"),
        ("0.000042", "0.000042 USD"),
        ("0", "0.00 USD"),
        ("100", "100.00 USD"),
        ("0.5", "0.50 USD"),
        ("3.99996", "4.000 USD"),
        ("9198.7", "9,198.70 USD"),
        ("-0.08196", "-0.08196 USD"),
        ("0.0123456", "0.01235 USD"),
        ("12345.678", "12,345.68 USD"),
        (None, "unknown"),
    ],
)
def test_money_keeps_the_digits_that_matter(amount: str | None, shown: str) -> None:
    assert amounts.money(amount, "USD") == shown


def test_the_exact_amount_is_told_where_the_rounded_one_is_another() -> None:
    assert amounts.rest_of(Decimal("3.863454")) == "exactly 3.863454"
    assert amounts.rest_of(Decimal("9208.5")) == ""
    assert amounts.rest_of(Decimal("1234.5670")) == "exactly 1,234.567"
    assert amounts.rest_of(None) == ""


def test_exact_amounts_line_up_and_lose_nothing() -> None:
    assert amounts.exact(Decimal("0.3")) == amounts.exact("0.3") == "0.300000"
    assert amounts.exact(Decimal("1234.1234567890")) == "1,234.123456789"
    assert amounts.exact(Decimal("1E+3")) == "1,000.000000"
    assert amounts.total([Decimal("0.1"), Decimal("0.2")]) == Decimal("0.3")
    assert amounts.total([Decimal("0.1"), None]) is None


@pytest.mark.parametrize("null", [None, pd.NA, float("nan"), pd.NaT])
def test_unknown_is_never_zero(null: object) -> None:
    assert amounts.count(null) == "unknown"
    assert amounts.percent(amounts.share(null, 3)) == "unknown"


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [(1.0, "100.0 %"), (0.99999, "> 99.9 %"), (0.00001, "< 0.1 %"), (0.0, "0.0 %")],
)
def test_a_share_is_not_rounded_to_all_or_nothing(ratio: float, shown: str) -> None:
    assert amounts.percent(ratio) == shown


def test_change_needs_something_to_compare_with() -> None:
    assert amounts.change(112, 100) == "+12 %"
    assert amounts.change(5, 0) is None


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(0, "less than a minute"), (75, "75 min"), (300, "5 h"), (6000, "4 days")],
)
def test_age(minutes: int, shown: str) -> None:
    assert amounts.age(timedelta(minutes=minutes)) == shown


def test_a_rate_of_a_known_part_says_of_how_many_and_the_range() -> None:
    counts = {"delivered": 41, "failed": 3, "unknown_recipients": 596}
    assert amounts.delivered_words(counts) == (
        "93.2 % of 44 with a known outcome delivered, 6.4 % to 99.5 % of all:"
        " the status of 596 is unknown"
    )
    assert amounts.rate_words(counts) == "6.4 % to 99.5 %"
    assert amounts.rate_words({"delivered": None, "unknown_recipients": 5}) == "unknown"
    assert amounts.delivered_words({"delivered": 3, "failed": 1, "unknown_recipients": 0}) == (
        "75.0 % delivered"
    )
