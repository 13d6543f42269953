"""The price book: what one delivered recipient costs on a day, in each currency.

Source: data/reference/price_book.csv, every row with its own source. A tenant with an agreement of
its own has a whole book of its own: the product's with the prices that were given for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, cached_property
from typing import TypeAlias

import duckdb
import pandas as pd

from hve_monitor.config import PriceOverride
from hve_monitor.files import reference_rows

ONE_DAY = timedelta(days=1)
# Price of a day, None where there is none.
PriceOf: TypeAlias = Callable[[date], Decimal | None]
FOUR_WEEKS = timedelta(days=28)


@dataclass(frozen=True)
class Price:
    """Money per delivered recipient from a day on; of one tenant where it is named."""

    effective_from: date
    currency: str
    unit_price: Decimal
    tenant: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class PriceBook:
    """All prices, oldest first."""

    prices: tuple[Price, ...]

    def of(self, tenant: str | None) -> PriceBook:
        """The book of one tenant: its own prices where it has some, else those of everybody.

        Of None, all tenants, it is this book.
        """
        if tenant is None:
            return self
        return self._books.get(tenant) or self._books.get(None) or PriceBook(())

    @property
    def is_shared(self) -> bool:
        """Whether every tenant pays the same."""
        return all(tenant is None for tenant in self._books)

    @cached_property
    def _books(self) -> dict[str | None, PriceBook]:
        books: dict[str | None, list[Price]] = {}
        for price in self.prices:
            books.setdefault(price.tenant, []).append(replace(price, tenant=None))
        return {tenant: PriceBook(tuple(prices)) for tenant, prices in books.items()}

    def unit_price(self, day: date, currency: str, tenant: str | None = None) -> Decimal | None:
        """Price of the day in the currency, None where the book has none."""
        valid = [
            price
            for price in (self.of(tenant) if tenant else self).prices
            if price.tenant is None and price.currency == currency and price.effective_from <= day
        ]
        return valid[-1].unit_price if valid else None

    def mean_price(
        self, day: date, currency: str, recipients: Mapping[str, int]
    ) -> tuple[Decimal | None, bool]:
        """Price of the day over several tenants, weighted by recipients, and whether all pay it.

        None where one of them has no price. Without recipients every tenant weighs the same.
        """
        prices = {tenant: self.unit_price(day, currency, tenant) for tenant in recipients}
        known = [price for price in prices.values() if price is not None]
        if len(known) < len(prices) or not prices:
            return (None, False) if prices else (self.unit_price(day, currency), True)
        if len(set(known)) == 1:
            return known[0], True
        weights = recipients if sum(recipients.values()) else dict.fromkeys(recipients, 1)
        total = sum((price * weights[tenant] for tenant, price in zip(prices, known, strict=True)),
                    Decimal(0))  # fmt: skip
        return total / sum(weights.values()), False

    def with_overrides(self, overrides: Sequence[PriceOverride]) -> PriceBook:
        """The book with prices of the configuration, in their order.

        Those of a tenant make a book of its own of it, in which the others hold too.
        """
        owners = sorted({override.tenant for override in overrides if override.tenant})
        prices = _overridden(
            self.prices, [override for override in overrides if not override.tenant]
        )
        for owner in owners:
            own = [override for override in overrides if override.tenant in (None, owner)]
            prices += [replace(price, tenant=owner) for price in _overridden(self.prices, own)]
        return PriceBook(tuple(sorted(prices, key=lambda price: price.effective_from)))

    def changes(self, first: date, last: date, currency: str) -> list[date]:
        """Days after `first` and until `last` on which another price begins."""
        days = {price.effective_from for price in self.prices if price.currency == currency}
        return sorted(
            day
            for day in days
            if first < day <= last
            and self.unit_price(day, currency) != self.unit_price(day - ONE_DAY, currency)
        )


def _overridden(prices: Iterable[Price], overrides: Sequence[PriceOverride]) -> list[Price]:
    """The prices, oldest first; after an override that ends, what was before it holds again."""
    valid = list(prices)
    for override in overrides:
        until = override.effective_until
        after = (
            None if until is None else PriceBook(tuple(valid)).unit_price(until, override.currency)
        )
        valid = [
            price
            for price in valid
            if price.currency != override.currency
            or price.effective_from < override.effective_from
            or (until is not None and price.effective_from > until)
        ]
        valid.append(Price(override.effective_from, override.currency, override.unit_price))
        if until is not None and after is not None:
            valid.append(Price(until, override.currency, after))
        valid.sort(key=lambda price: price.effective_from)
    return valid


def published_prices(connection: duckdb.DuckDBPyConnection) -> PriceBook:
    """The price book of the published version: with the overrides that its marts were built by."""
    result = connection.execute("from reference.price_book order by effective_from")
    names = [column[0] for column in result.description or ()]
    rows = (dict(zip(names, row, strict=True)) for row in result.fetchall())
    # A file of an earlier release has no prices of single tenants.
    return PriceBook(
        tuple(
            Price(row["effective_from"], row["currency"], row["unit_price"], row.get("tenant"))
            for row in rows
        )
    )


@cache
def read_price_book() -> PriceBook:
    """The price book of the product."""
    prices = [
        Price(
            date.fromisoformat(row["effective_from"]),
            row["currency"],
            Decimal(row["unit_price"]),
        )
        for row in reference_rows("price_book")
    ]
    return PriceBook(tuple(sorted(prices, key=lambda price: price.effective_from)))


@dataclass(frozen=True)
class Tariff:
    """Prices at `day`. daily: tenant, account, day, recipients, of all accounts."""

    prices: PriceBook
    currency: str
    day: date
    daily: pd.DataFrame

    def mean(self, rows: pd.DataFrame) -> tuple[Decimal | None, bool]:
        """Price of the rows' tenants, and whether all of them pay it.

        Several prices are weighed by what was sent in the four weeks until `day`, or ever.
        """
        if self.prices.is_shared:
            return self.prices.unit_price(self.day, self.currency), True
        recent = rows[(rows["day"] > self.day - FOUR_WEEKS) & (rows["day"] <= self.day)]
        sums = (rows if recent.empty else recent).groupby("tenant")["recipients"].sum()
        weights = {str(tenant): int(count) for tenant, count in sums.items()}
        return self.prices.mean_price(self.day, self.currency, weights)

    def of(self, tenant: str | None) -> Decimal | None:
        """Price of a tenant; the mean for an account without mail, which is only planned."""
        if tenant is None:
            return self.mean(self.daily)[0]
        return self.prices.unit_price(self.day, self.currency, tenant)
