"""Stores of many tenants: one that the real pipeline has built, and copies of it.

Each has 50 accounts that were read until END, 30 days and 4 messages a day from each account.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake.transaction import AddAction

from hve_monitor.config import Config, Tenant, Warehouse
from ingest.graph.trace_pages import COLUMNS
from models.build import build
from models.overview.money import keep_tenants_money
from models.usage.coverage import SOURCE
from warehouse.delta.written import WrittenFile
from warehouse.records.accounts import Account, record_accounts
from warehouse.records.coverage import record_coverage
from warehouse.records.message_traces import land
from warehouse.store import Store, open_store
from warehouse.tables import SMALL_TABLES, TABLES, Table
from warehouse.windows import Window

END = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ACCOUNTS, DAYS, MESSAGES = 50, 30, 4
FIRST = "t0000"
WITH_TENANT = """
select schema_name, table_name from duckdb_columns()
where column_name = 'tenant' and not internal and (schema_name, table_name) in (
    select (schema_name, table_name) from duckdb_tables() where schema_name <> 'main'
)
"""


def names_of(count: int) -> list[str]:
    """Names of so many tenants."""
    return [f"t{number:04}" for number in range(count)]


def config_of(root: Path, count: int) -> Config:
    """The configuration of a store with so many tenants."""
    tenants = tuple(
        Tenant(name=name, tenant_id=name, client_id="hve", managed_identity=True)
        for name in names_of(count)
    )
    return Config(warehouse=Warehouse(path=root), tenants=tenants)


def make(root: Path, count: int) -> None:
    """A store of so many tenants at a folder, published, unless it is there already."""
    if (root / "hve.duckdb").exists():
        return
    with open_store(root) as store:
        _fill(store)
        tenant = config_of(root, 1).served[0]
        build(store, [tenant], END, lambda *_: None)
        keep_tenants_money(store.state, config_of(root, count), [FIRST], END)
        for table in TABLES:
            _copy_files(store, table, names_of(count)[1:])
        with store.state.transaction():
            for name in names_of(count)[1:]:
                _copy_state(store, name)
        build(store, [tenant], END, lambda *_: None)


def make_shard(template: Path, root: Path, names: list[str]) -> None:
    """A store of these tenants beside the one that a template was made of, unless it is there.

    Data files are those of the template under other names. Nothing is published.
    """
    if root.exists():
        return
    shutil.copytree(template, root, copy_function=_linked)
    (root / "hve.duckdb").unlink()
    with open_store(root) as store:
        for table in TABLES:
            _copy_files(store, table, names)
        with store.state.transaction():
            for name in names:
                _copy_state(store, name)


def _linked(source: str, target: str) -> None:
    """Data files are never written again; everything else is copied."""
    if source.endswith(".parquet"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def make_published(root: Path, count: int) -> None:
    """What readers of a store of so many tenants open, without the files behind it."""
    if (root / "hve.duckdb").exists():
        return
    make(root, 1)
    config, others = config_of(root, count), names_of(count)[1:]
    with open_store(root) as store:
        keep_tenants_money(store.state, config, [FIRST], END)
        with store.state.transaction():
            for name in others:
                _copy_state(store, name)
    with duckdb.connect(str(root / "hve.duckdb")) as connection:
        connection.execute("create temp table others as select unnest($1) as name", [others])
        for schema, table in connection.execute(WITH_TENANT).fetchall():
            connection.execute(
                f"insert into {schema}.{table} select t.* replace (o.name as tenant)"
                f" from {schema}.{table} as t, others as o"
            )


def land_rows(store: Store, tenant: str, messages: int, now: datetime) -> None:
    """So many new messages of the last hour before now, from all accounts of the tenant."""
    rows = [
        _row(f"new-{now:%d%H%M}-{number}", number % ACCOUNTS, now - timedelta(seconds=number))
        for number in range(1, messages + 1)
    ]
    land(store, tenant, pa.Table.from_pylist(rows, schema=COLUMNS), now, "graph")
    for number in range(ACCOUNTS):
        window = Window(END - timedelta(days=DAYS), now)
        record_coverage(store.state, tenant, SOURCE, _account(number), window)
    store.state.record_now(tenant, now)


def _fill(store: Store) -> None:
    accounts = [Account(name, (name,)) for name in map(_account, range(ACCOUNTS))]
    record_accounts(store, FIRST, accounts, END, "exchange")
    land(store, FIRST, pa.Table.from_pylist(list(_rows()), schema=COLUMNS), END, "graph")
    land_rows(store, FIRST, 0, END)


def _rows() -> Iterator[dict[str, object]]:
    for day in range(DAYS):
        for account in range(ACCOUNTS):
            for number in range(MESSAGES):
                at = END - timedelta(days=day, minutes=7 * account % 50 + 60 * number + 1)
                yield _row(f"{day}-{account}-{number}", account, at)


def _row(trace_id: str, account: int, at: datetime) -> dict[str, object]:
    return {
        "trace_id": trace_id,
        "recipient": f"employee{hash_of(trace_id)}@contoso.com",
        "sender": _account(account),
        "received_at": at,
        "status": "delivered",
        "subject": "Notification",
        "size_bytes": 20_000,
        "from_ip": f"192.0.2.{account}",
    }


def hash_of(text: str) -> int:
    """One of 400 numbers, the same in every process."""
    return sum(text.encode()) % 400


def _account(number: int) -> str:
    return f"app{number}@contoso.com"


@dataclass(frozen=True)
class CopiedFile(WrittenFile):
    """A copy of a data file, with the statistics of its original."""

    statistics: str

    @property
    def action(self) -> AddAction:
        """The file as a Delta log names it."""
        return AddAction(
            self.path, self.size_bytes, dict(self.partitions), self.modified, True, self.statistics
        )


def _copy_files(store: Store, table: Table, tenants: list[str]) -> None:
    """The files of the first tenant's table again for each of the others, in one commit."""
    folder = Path(store.delta.uri(table))
    entries = sorted((folder / "_delta_log").glob("*.json"))
    lines = [json.loads(line) for entry in entries for line in entry.read_text().splitlines()]
    removed = {line["remove"]["path"] for line in lines if "remove" in line}
    added = [line["add"] for line in lines if "add" in line and line["add"]["path"] not in removed]
    files = [_copied(folder, file, tenant) for tenant in tenants for file in added]
    if files:
        store.delta.add_files(table, files, FIRST)


def _copied(folder: Path, added: dict[str, object], tenant: str) -> CopiedFile:
    path = str(added["path"])
    target = folder / path.replace(f"tenant={FIRST}", f"tenant={tenant}")
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(folder / path, target)
    partitions = {"tenant": tenant}
    if day := re.search("day=([0-9-]+)", path):
        partitions["day"] = day[1]
    return CopiedFile(
        path=target.relative_to(folder).as_posix(),
        size_bytes=int(str(added["size"])),
        rows=0,
        partitions=partitions,
        modified=int(str(added["modificationTime"])),
        bounds={},
        statistics=str(added["stats"]),
    )


def _copy_state(store: Store, tenant: str) -> None:
    """What state.db and the small tables hold of the first tenant again for another."""
    for name in ("tenants", "coverage", "backfills", "reference_versions", "tenant_money"):
        columns, _ = store.state.rows(name)
        others = ", ".join(column for column in columns if column != "tenant")
        store.state.connection.execute(
            f"insert into {name} (tenant, {others})"
            f" select ?, {others} from {name} where tenant = ?",
            [tenant, FIRST],
        )
    for table in SMALL_TABLES:
        rows = store.small.rows(table, FIRST)
        place = rows.column_names.index("tenant")
        names = pa.array([tenant] * rows.num_rows, pa.string())
        store.small.insert(table, rows.set_column(place, "tenant", names))
