"""Shares add up: an invoice is allocated to the last millionth and the last cent."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from models.money import CENT, MICRO, shares, whole

weights = st.dictionaries(
    st.text(min_size=1, max_size=5), st.integers(0, 10**7).map(Decimal), min_size=1, max_size=30
)
amounts = st.decimals(0, 10**6, places=6)


@given(amounts, weights)
def test_shares_add_up_to_the_amount(amount: Decimal, given: dict[str, Decimal]) -> None:
    found = shares(amount, given, MICRO)
    total = sum(given.values())
    assert sum(found.values()) == (amount if total else 0)
    for name, weight in given.items():
        fair = amount * weight / total if total else Decimal(0)
        assert abs(found[name] - fair) < MICRO


@given(st.dictionaries(st.text(max_size=4), st.decimals(-99, 99, places=6), min_size=1))
def test_cents_add_up_to_the_rounded_total(parts: dict[str, Decimal]) -> None:
    amount = sum(parts.values(), Decimal(0))
    found = whole(parts, amount, CENT)
    assert abs(sum(found.values(), Decimal(0)) - amount) <= CENT / 2
    assert all(abs(found[name] - part) <= CENT for name, part in parts.items())
