"""Opens the published file; imports little, so that a command answers at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from hve_monitor.errors import StoreError
from warehouse.connection import quoted
from warehouse.live import offer_live


@contextmanager
def published(store_root: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the newest published version.

    The file is attached to a fresh connection: a path opened twice in one process could show the
    version of the first time. What people said since then is offered beside it as live.*.
    Raises: StoreError when nothing was published yet.
    """
    file = store_root / "hve.duckdb"
    if not file.exists():
        raise StoreError(
            f"{store_root}: nothing is stored yet; run 'hve run' or 'hve import' first"
        )
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("set TimeZone = 'UTC'")
        # Files of a version never change, and a view names each of them several times.
        connection.execute("set parquet_metadata_cache = true")
        connection.execute(f"attach {quoted(str(file))} as hve (read_only)")
        connection.execute("use hve")
        offer_live(connection, store_root)
        yield connection
    except duckdb.CatalogException as error:
        reason = str(error).splitlines()[0]
        raise StoreError(
            f"{file}: lacks what this version reads ({reason}); run 'hve build'"
        ) from error
    except duckdb.IOException as error:
        raise StoreError(f"{file}: cannot be read ({error}); run 'hve build'") from error
    finally:
        connection.close()
