"""The price book: what one delivered recipient costs on a day, in each currency.

Source: data/reference/price_book.csv, every row with its own source.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import duckdb

from hve_monitor.config import PriceOverride
from models.runner import REFERENCE

ONE_DAY = timedelta(days=1)


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

    def with_overrides(self, overrides: Sequence[PriceOverride]) -> PriceBook:
        """The book with prices of the configuration; after one that ends, the book holds again."""
        prices = list(self.prices)
        for each in overrides:
            until = each.effective_until
            after = (
                None if until is None else PriceBook(tuple(prices)).unit_price(until, each.currency)
            )
            prices = [
                price
                for price in prices
                if price.currency != each.currency
                or price.effective_from < each.effective_from
                or (until is not None and price.effective_from > until)
            ]
            prices.append(Price(each.effective_from, each.currency, each.unit_price))
            if until is not None and after is not None:
                prices.append(Price(until, each.currency, after))
            prices.sort(key=lambda price: price.effective_from)
        return PriceBook(tuple(prices))

    def changes(self, first: date, last: date, currency: str) -> list[date]:
        """Days after `first` and until `last` on which another price begins."""
        days = {price.effective_from for price in self.prices if price.currency == currency}
        return sorted(
            day
            for day in days
            if first < day <= last
            and self.unit_price(day, currency) != self.unit_price(day - ONE_DAY, currency)
        )


def published_prices(connection: duckdb.DuckDBPyConnection) -> PriceBook:
    """The price book of the published version: with the overrides that its marts were built by."""
    rows = connection.execute(
        "select effective_from, currency, unit_price from reference.price_book"
        " order by effective_from"
    ).fetchall()
    return PriceBook(tuple(Price(*row) for row in rows))


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
