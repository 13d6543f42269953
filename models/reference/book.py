"""Prices and metering rules as the models read them: the product's, with those of the user."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import duckdb
import pyarrow as pa

from hve_monitor.config import Config
from hve_monitor.files import REFERENCE
from models.reference.metering import MeteringRules, read_metering_rules
from models.reference.prices import PriceBook, read_price_book
from warehouse.connection import arrow, connect, quoted


@dataclass(frozen=True)
class Reference:
    """What a recipient costs, and which recipients count."""

    prices: PriceBook
    rules: MeteringRules

    def version(self, tenant: str) -> str:
        """Another text whenever a price of the tenant or a rule is another one."""
        content = (self.prices.of(tenant), self.rules)
        return hashlib.sha256(repr(content).encode()).hexdigest()[:16]

    def offer(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Makes reference.price_book, metering_rules and billable_statuses."""
        connection.execute("create schema if not exists reference")
        for name, rows in _tables(self).items():
            connection.register("offered", rows)
            connection.execute(f"create or replace table {name} as from offered")
            connection.unregister("offered")

    def tables(self) -> dict[str, pa.Table]:
        """What the models read of it, by name."""
        names = ("reference.price_book", "reference.billable_statuses")
        return {name: _tables(self)[name] for name in names}


@lru_cache(maxsize=8)
def _tables(reference: Reference) -> dict[str, pa.Table]:
    names = ("price_book", "metering_rules", "billable_statuses")
    with connect(folders=[REFERENCE]) as connection:
        connection.execute("create schema reference")
        _make_prices(connection, reference.prices)
        connection.execute(
            "create table reference.metering_rules as"
            f" select * from read_csv({_file('metering_rules.csv')}, header = true)"
        )
        connection.execute(
            "create table reference.billable_statuses"
            " (status varchar, from_day date, until_day date)"
        )
        connection.executemany(
            "insert into reference.billable_statuses values (?, ?, ?)", reference.rules.spans()
        )
        tables = (f"reference.{name}" for name in names)
        return {name: arrow(connection, f"from {name}") for name in tables}


def _make_prices(connection: duckdb.DuckDBPyConnection, book: PriceBook) -> None:
    connection.execute(
        "create table reference.price_book as select *, cast(null as varchar) as tenant"
        f" from read_csv({_file('price_book.csv')}, header = true,"
        " types = {'effective_from': 'DATE', 'unit_price': 'DECIMAL(18, 9)',"
        " 'retrieved_on': 'DATE'})"
    )
    if book == read_price_book():
        return
    connection.execute("delete from reference.price_book")
    connection.executemany(
        "insert into reference.price_book by position select ?, ?, ?, 'delivered recipient',"
        " 'HVE', false, 'configuration', null, null, ?",
        [(price.effective_from, price.currency, price.unit_price, price.tenant)
         for price in book.prices],
    )  # fmt: skip


def _file(name: str) -> str:
    return quoted(str(REFERENCE / name))


def shipped_reference() -> Reference:
    """The product's own prices and rules."""
    return Reference(read_price_book(), read_metering_rules())


def reference_of(config: Config) -> Reference:
    """The product's prices and rules with those of the configuration."""
    return Reference(
        read_price_book().with_overrides(config.prices),
        read_metering_rules().with_switches(config.metering_rules),
    )
