"""Stored rows of the tables: all of a tenant, its days, and those of some accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import pyarrow as pa

from hve_monitor.files import sql
from warehouse.connection import Row, arrow, files_sql
from warehouse.store import Store
from warehouse.tables import MESSAGE_TRACES, AnyTable, SmallTable, Table

SENDERS = sql(__file__, "senders_since")


def replace_of_accounts(
    store: Store,
    table: Table,
    rows: pa.Table,
    tenant: str,
    days: Sequence[date],
    accounts: Sequence[str],
) -> None:
    """Puts rows in the place of these accounts' rows of the days; other accounts keep theirs."""
    with store.existing(table, tenant, days) as connection:
        connection.register("replaced", pa.table({"account": pa.array(accounts, pa.string())}))
        others = arrow(connection, "select * from existing anti join replaced using (account)")
    names = table.schema.names
    joined = [part.select(names).cast(table.schema) for part in (others, rows)]
    store.delta.replace(table, pa.concat_tables(joined), tenant, days)


def stored_rows(store: Store, table: AnyTable, tenant: str) -> list[Row]:
    """All rows of a table of few rows that belong to the tenant."""
    rows: list[Row]
    if isinstance(table, SmallTable):
        rows = store.small.rows(table, tenant).to_pylist()
        return rows
    files = store.delta.files(table, tenant)
    if not files:
        return []
    with store.compute() as connection:
        rows = arrow(connection, files_sql(table, files)).to_pylist()
    return rows


def stored_days(store: Store, tenant: str) -> list[date]:
    """Every UTC day that holds trace rows of the tenant."""
    return sorted(store.delta.rows_by_day(MESSAGE_TRACES, tenant))


def senders_since(store: Store, tenant: str, since: datetime) -> frozenset[str]:
    """Senders of the stored messages that were received since a moment."""
    days = [day for day in stored_days(store, tenant) if day >= since.date()]
    with store.existing(MESSAGE_TRACES, tenant, days) as connection:
        rows = connection.execute(SENDERS, {"since": since}).fetchall()
    return frozenset(sender for (sender,) in rows)
