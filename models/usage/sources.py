"""Addresses that an account sent from; loads no pandas, because `hve incidents` reads them."""

from __future__ import annotations

import duckdb

from hve_monitor.files import sql
from models.engine.sql import records
from warehouse.connection import Row

SOURCES = sql(__file__, "account_sources")


def source_records(
    connection: duckdb.DuckDBPyConnection, parameters: dict[str, object]
) -> list[Row]:
    """Sources of an account, by parameters tenant, account, since and until.

    Shape: from_ip, messages, recipients, first_seen, last_seen (UTC).
    """
    return records(connection, SOURCES, parameters)
