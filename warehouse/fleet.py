"""fleet.db: one row per tenant of all shards, beside them in warehouse.path.

It holds nothing that the stores do not say: where it is lost, damaged or cannot be written, the
stores are read instead.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from hve_monitor.files import sql
from warehouse.live import state_rows
from warehouse.state import text_of, time_of
from warehouse.store import make_root

FILE = "fleet.db"
SCHEMA = sql(__file__, "fleet")
SELECT = "select tenant, basis, at, until, document from tenants"
# Of two processes that looked at the same version, the later look stays.
KEEP = """
insert into tenants values (?, ?, ?, ?, ?) on conflict (tenant) do update set
    basis = excluded.basis, at = excluded.at, until = excluded.until, document = excluded.document
where excluded.at >= at or excluded.basis <> basis"""
# What changes when something is published, a run ends, or somebody says something.
VERSION = """
select coalesce(sha256, ''), (select max(id) from runs), (select max(number) from verdicts),
    (select max(number) from assignments), (select max(number) from runbook_steps),
    (select count(*) from plans), (select count(removed_at) from plans)
from checksums where path = 'hve.duckdb'"""


class FleetRow(NamedTuple):
    """What was said of a tenant at a business time; it holds before `until`, by the same basis."""

    tenant: str
    basis: str
    at: datetime
    until: datetime
    document: str

    def holds(self, basis: str, now: datetime) -> bool:
        """Whether a look at the store would say the same."""
        return self.basis == basis and self.at <= now < self.until


def fleet_rows(root: Path) -> dict[str, FleetRow]:
    """The rows by tenant; none where the file cannot be read."""
    rows = state_rows(root / FILE, SELECT) if (root / FILE).exists() else None
    try:
        return {
            tenant: FleetRow(tenant, basis, time_of(at), time_of(until), document)
            for tenant, basis, at, until, document in rows or ()
        }
    except ValueError:  # a damaged page, or another hand
        return {}


def keep_rows(root: Path, rows: Iterable[FleetRow]) -> None:
    """Puts rows in the place of those of their tenants; without harm where it cannot be done.

    A file that is damaged, or none of ours, is made anew.
    """
    listed = [
        (row.tenant, row.basis, text_of(row.at), text_of(row.until), row.document) for row in rows
    ]
    with suppress(sqlite3.Error, OSError):
        try:
            _keep(root, listed)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            (root / FILE).unlink()
            _keep(root, listed)


def forget_rows(root: Path) -> None:
    """Removes the file: what is said of a failed reading may name an account that is erased."""
    for name in (FILE, f"{FILE}-journal"):
        (root / name).unlink(missing_ok=True)


def _keep(root: Path, listed: Sequence[tuple[str, ...]]) -> None:
    make_root(root)
    with closing(_connected(root / FILE)) as fleet, fleet:
        fleet.executemany(KEEP, listed)


def _connected(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=60)
    try:
        connection.execute("pragma secure_delete = on")
        connection.executescript(SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def store_version(root: Path) -> str | None:
    """What changes with all that a reader of a store sees; None where it cannot be known."""
    rows = state_rows(root / "state.db", VERSION) if (root / "hve.duckdb").exists() else None
    return str(rows[0]) if rows else None
