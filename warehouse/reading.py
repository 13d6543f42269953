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
from warehouse.objects.place import noted_place, trouble_in

SETTINGS = {
    # Files of a version never change, and a view names each of them several times.
    "parquet_metadata_cache": "true",
    # What was read once would fill the memory of a dashboard that runs for weeks.
    "enable_external_file_cache": "false",
}
TABLES = "select schema_name, table_name from duckdb_tables() where database_name = 'published'"
MISSING = (duckdb.CatalogException, duckdb.BinderException)  # a table, or a column
DAMAGED = (
    duckdb.IOException,
    duckdb.InvalidInputException,
    duckdb.FatalException,
    duckdb.SerializationException,
    duckdb.InternalException,
)
# The folder of a store, and where its tables lie: credentials may change while a dashboard runs.
Reach = tuple[Path, object]
# Engines that wait for the next reader of their store: starting one takes 37 ms, more than most
# questions.
_IDLE: deque[tuple[Reach, duckdb.DuckDBPyConnection]] = deque(maxlen=4)


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
    root = store_root.absolute()
    reach = root, _tables(root)
    engine = _engine(reach)
    connection = engine.cursor()
    try:
        attach(connection, file)
        offer_live(connection, store_root)
        yield connection
    except (*MISSING, duckdb.PermissionException, *DAMAGED) as error:
        raise unreadable(file, error) from error
    except duckdb.Error as error:
        if trouble := trouble_in(error):
            raise trouble from error
        if type(error) is not duckdb.Error:  # a question of ours that is wrong, whatever the file
            raise
        raise unreadable(file, error) from error  # a checksum of the file
    finally:
        connection.close()
        _give_back(reach, engine)


def attach(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Offers the file as hve, the views of a store that was moved or copied as files of its own."""
    connection.execute(f"attach {quoted(str(file))} as hve (read_only)")
    connection.execute("use hve")
    written_in, here = _folder(connection), str(file.parent.resolve())
    if written_in in (None, here):
        return
    # Views of files come before the views that are made of them.
    views = connection.execute(
        "select sql from duckdb_views() where database_name = 'hve' and not internal"
        " order by schema_name <> 'parts'"
    ).fetchall()
    connection.execute("use memory; detach hve")
    connection.execute(f"attach {quoted(str(file))} as published (read_only)")
    connection.execute("attach ':memory:' as hve; use hve")
    for schema, name in connection.execute(TABLES).fetchall():
        connection.execute(f"create schema if not exists {schema}")
        connection.execute(f"create view {schema}.{name} as from published.{schema}.{name}")
    for (view,) in views:
        schema = view.removeprefix("CREATE VIEW ").partition(".")[0]
        connection.execute(f"create schema if not exists {schema}")
        connection.execute(view.replace(quoted(f"{written_in}/")[:-1], quoted(f"{here}/")[:-1]))


def _folder(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Where the store was when the file was published; None of one before it said so."""
    try:
        rows = connection.execute("select folder from hve.state.publication").fetchall()
    except MISSING:
        return None
    return str(rows[0][0]) if rows else None


def unreadable(file: Path, error: duckdb.Error) -> StoreError:
    """What the engine says about the published file, in one line with the remedy."""
    reason = str(error).splitlines()[0]
    if isinstance(error, duckdb.PermissionException):
        # A view names its files by their whole path: it would show those of another store.
        return StoreError(
            f"{file}: shows files outside this folder; where the store was moved or copied, run"
            " 'hve build'"
        )
    if isinstance(error, MISSING):
        return StoreError(f"{file}: lacks what this version reads ({reason}); run 'hve build'")
    return StoreError(
        f"{file}: cannot be read: {reason}; run 'hve build', or hve verify for what is damaged"
    )


def _tables(root: Path) -> object:
    place = noted_place(root)
    return place.opened if place is not None and place.is_remote else place


def _engine(reach: Reach) -> duckdb.DuckDBPyConnection:
    try:
        stored, engine = _IDLE.pop()
    except IndexError:
        return connect(settings=SETTINGS, root=reach[0])
    if stored == reach:
        return engine
    engine.close()
    return connect(settings=SETTINGS, root=reach[0])


def _give_back(reach: Reach, engine: duckdb.DuckDBPyConnection) -> None:
    try:
        for name in ("hve", "live", "published"):
            engine.execute(f"detach database if exists {name}")
    except duckdb.Error:
        engine.close()
    else:
        _IDLE.append((reach, engine))
