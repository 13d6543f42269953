"""The price book: what one delivered recipient costs on a day, in each currency.

Source: data/reference/price_book.csv, every row with its own source.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from models.runner import REFERENCE


@dataclass(frozen=True)
class Price:
    """Money per delivered recipient from a day on."""

    effective_from: date
    currency: str
    unit_price: Decimal


@dataclass(frozen=True)
class PriceBook:
    """All prices, oldest first."""

    prices: tuple[Price, ...]

    def unit_price(self, day: date, currency: str) -> Decimal | None:
        """Price of the day in the currency, None where the book has none."""
        valid = [
            price
            for price in self.prices
            if price.currency == currency and price.effective_from <= day
        ]
        return valid[-1].unit_price if valid else None


@cache
def read_price_book() -> PriceBook:
    """The price book of the product."""
    with (REFERENCE / "price_book.csv").open(encoding="utf-8", newline="") as file:
        prices = [
            Price(
                date.fromisoformat(row["effective_from"]),
                row["currency"],
                Decimal(row["unit_price"]),
            )
            for row in csv.DictReader(file)
        ]
    return PriceBook(tuple(sorted(prices, key=lambda price: price.effective_from)))
