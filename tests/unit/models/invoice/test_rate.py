"""Rates from days whose amounts are rounded, late or wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest

from models.invoice.rate import decimals_of, simplest


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0.9, 1.1, "1"),
        (0.949999, 0.950001, "0.95"),
        (0.87499999, 0.875000001, "0.875"),
        (0.0000379, 0.0000381, "0.000038"),
    ],
)
def test_the_simplest_decimal_of_a_stretch(low: float, high: float, found: str) -> None:
    assert simplest(low, high) == Decimal(found)


def test_decimals_are_those_that_amounts_show() -> None:
    assert decimals_of([Decimal("0.10"), Decimal("0.0375"), Decimal(3)]) == 4
    assert decimals_of([Decimal("1E+2")]) == 0
    assert decimals_of([Decimal("0.12345678901234567")]) == 10
