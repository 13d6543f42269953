"""Prices and metering rules as the models read them: the product's, with those of the user."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from hve_monitor.config import Config
from models.metering import MeteringRules, read_metering_rules
from models.prices import PriceBook, read_price_book
from models.runner import REFERENCE
from warehouse.connection import arrow


@dataclass(frozen=True)
class Reference:
    """What a recipient costs, and which recipients count."""

    prices: PriceBook
    rules: MeteringRules

    def version(self, tenant: str) -> str:
        """Another text whenever a price of the tenant or a rule is another one."""
        held = (self.prices.of(tenant), self.rules)
        return hashlib.sha256(repr(held).encode()).hexdigest()[:16]

    def offer(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Makes reference.price_book, metering_rules and billable_statuses."""
        connection.execute("create schema if not exists reference")
        self._offer_prices(connection)
        rules = str(REFERENCE / "metering_rules.csv").replace("'", "''")
        connection.execute(
            "create or replace table reference.metering_rules as"
            f" select * from read_csv('{rules}', header = true)"
        )
        connection.execute(
            "create or replace table reference.billable_statuses"
            " (status varchar, from_day date, until_day date)"
        )
        connection.executemany(
            "insert into reference.billable_statuses values (?, ?, ?)", self.rules.spans()
        )

    def tables(self) -> dict[str, pa.Table]:
        """What the models read of it, by name."""
        names = ("reference.price_book", "reference.billable_statuses")
        with duckdb.connect(":memory:") as connection:
            self.offer(connection)
            return {name: arrow(connection, f"from {name}") for name in names}

    def _offer_prices(self, connection: duckdb.DuckDBPyConnection) -> None:
        price_book = str(REFERENCE / "price_book.csv").replace("'", "''")
        connection.execute(
            "create or replace table reference.price_book as"
            " select *, cast(null as varchar) as tenant from read_csv("
            f"'{price_book}', header = true, types = {{'effective_from': 'DATE',"
            " 'unit_price': 'DECIMAL(18, 9)', 'retrieved_on': 'DATE'})"
        )
        if self.prices == read_price_book():
            return
        connection.execute("delete from reference.price_book")
        connection.executemany(
            "insert into reference.price_book by position select ?, ?, ?, 'delivered recipient',"
            " 'HVE', false, 'configuration', null, null, ?",
            [
                (each.effective_from, each.currency, each.unit_price, each.tenant)
                for each in self.prices.prices
            ],
        )


def shipped_reference() -> Reference:
    """The product's own prices and rules."""
    return Reference(read_price_book(), read_metering_rules())


def reference_of(config: Config) -> Reference:
    """The product's prices and rules with those of the configuration."""
    return Reference(
        read_price_book().with_overrides(config.prices),
        read_metering_rules().with_switches(config.metering_rules),
    )
