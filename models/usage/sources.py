"""Addresses that an account sent from; loads no pandas, because `hve incidents` reads them."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from hve_monitor.files import sql
from models.engine.sql import records
from warehouse.connection import Row

ADDRESSES = sql(__file__, "account_addresses")
ROWS = sql(__file__, "account_rows").format(addresses=ADDRESSES)
SOURCES = sql(__file__, "account_sources").format(rows=ROWS)
REVISED_DAYS = sql(__file__, "revised_days")


def source_records(
    connection: duckdb.DuckDBPyConnection, parameters: Mapping[str, object]
) -> list[Row]:
    """Sources of an account, by parameters tenant, account, since and until.

    Shape: from_ip, messages, recipients, first_seen, last_seen (UTC).
    """
    return records(connection, SOURCES, with_revised_days(connection, parameters))


def with_revised_days(
    connection: duckdb.DuckDBPyConnection, parameters: Mapping[str, object]
) -> Row:
    """The parameters of an account and a time, and what account_rows.sql needs beside them."""
    period = {name: parameters[name] for name in ("tenant", "since", "until")}
    days = [day for (day,) in connection.execute(REVISED_DAYS, period).fetchall()]
    return {**parameters, "revised": days}
