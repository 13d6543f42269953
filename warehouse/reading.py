"""Opens the published file; imports little, so that a command answers at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from hve_monitor.errors import StoreError
from warehouse.connection import connect, quoted
from warehouse.live import offer_live

BROKEN = (duckdb.FatalException, duckdb.SerializationException, duckdb.InternalException)
# Engines that wait for the next reader: starting one takes 37 ms, more than most questions.
_IDLE: deque[duckdb.DuckDBPyConnection] = deque(maxlen=4)


@dataclass(frozen=True)
class Published:
    """One published version at business time: of one tenant, or of all."""

    connection: duckdb.DuckDBPyConnection
    now: datetime
    tenant: str | None = None

    def of(self, tenant: str | None) -> Published:
        """The same for another tenant, or for all."""
        return replace(self, tenant=tenant)


@contextmanager
def read_published(
    store_root: Path, now: datetime, tenant: str | None = None
) -> Iterator[Published]:
    """The newest published version at business time. Raises: StoreError without any."""
    with published_connection(store_root) as connection:
        yield Published(connection, now, tenant)


@contextmanager
def published_connection(store_root: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the newest published version.

    The file is attached, as hve, for as long as the reader needs it: one that stayed open could
    show an old version, and keep its space. What people said since then is offered beside it as
    live.*, where readers may also put tables of their own.
    Raises: StoreError when nothing was published yet.
    """
    file = store_root / "hve.duckdb"
    if not file.exists():
        if (store_root / "facts").exists():
            raise StoreError(f"{file}: is missing beside what is stored; run 'hve build'")
        raise StoreError(
            f"{store_root}: nothing is stored yet; run 'hve run' or 'hve import' first"
        )
    engine = _engine()
    connection = engine.cursor()
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {quoted(str(file))} as hve (read_only)")
        connection.execute("use hve")
        offer_live(connection, store_root)
        yield connection
    except (duckdb.CatalogException, duckdb.BinderException) as error:  # a table, or a column
        reason = str(error).splitlines()[0]
        raise StoreError(
            f"{file}: lacks what this version reads ({reason}); run 'hve build'"
        ) from error
    except (duckdb.IOException, duckdb.InvalidInputException, *BROKEN) as error:
        reason = str(error).splitlines()[0]
        raise StoreError(
            f"{file}: cannot be read ({reason}); run 'hve build', or hve verify for what is damaged"
        ) from error
    finally:
        connection.close()
        _give_back(engine)


def _engine() -> duckdb.DuckDBPyConnection:
    try:
        return _IDLE.pop()
    except IndexError:
        engine = connect()
    # Files of a version never change, and a view names each of them several times.
    engine.execute("set parquet_metadata_cache = true")
    # What was read once would fill the memory of a dashboard that runs for weeks.
    engine.execute("set enable_external_file_cache = false")
    return engine


def _give_back(engine: duckdb.DuckDBPyConnection) -> None:
    try:
        engine.execute("detach database if exists hve; detach database if exists live")
    except duckdb.Error:
        engine.close()
    else:
        _IDLE.append(engine)
