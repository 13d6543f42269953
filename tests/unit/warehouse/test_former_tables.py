"""Delta tables of earlier releases move into state.db whole, whatever ends an opening."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from hve_monitor.errors import StoreError
from tests.unit.warehouse.conftest import NOW
from warehouse import former_tables
from warehouse.records.stored import stored_rows
from warehouse.store import Store, open_store
from warehouse.tables import AZURE_COSTS, HVE_ACCOUNTS, SMALL_TABLES, SmallTable, Table

ACCOUNTS: list[dict[str, Any]] = [
    {
        "tenant": "contoso",
        "account": "hr@contoso.com",
        "addresses": ["hr@contoso.com", "löhne@contoso.com"],
        "display_name": None,
        "external_id": "7",
        "created_at": datetime(1, 1, 1, tzinfo=UTC),
        "reply_to": "",
        "observed_at": datetime(2026, 11, 24, 8, 0, 0, 123456, tzinfo=UTC),
        "batch": batch,
        "source": "exchange",
    }
    for batch in (1, 2)
]
COST: dict[str, Any] = {
    **dict.fromkeys(AZURE_COSTS.schema.names),
    "tenant": "contoso",
    "day": date(2026, 11, 1),
    "scope": "/subscriptions/s1",
    "group_key": "{}",
    "currency": "USD",
    "cost": Decimal("-0.000000000000000042"),
    "is_hve": False,
    "observed_at": NOW,
    "batch": 3,
    "source": "azure",
}


def delta_table(table: SmallTable, without: tuple[str, ...] = ()) -> Table:
    """The table as earlier releases kept it."""
    schema = pa.schema([field for field in table.schema if field.name not in without])
    return Table(table.room, table.name, table.grain, schema, ("tenant",))


def keep_as_delta(
    store: Store, table: SmallTable, rows: list[dict[str, Any]], without: tuple[str, ...] = ()
) -> Path:
    """Writes rows as an earlier release did; returns the folder."""
    former = delta_table(table, without)
    store.state.raise_batch(9)
    for row in rows:
        store.delta.append(former, pa.Table.from_pylist([row], schema=former.schema))
    return Path(store.delta.uri(former))


def opened(root: Path, read: Callable[[Store], Any]) -> Any:
    with open_store(root, "500MB", 1) as store:
        return read(store)


def accounts(store: Store) -> list[dict[str, Any]]:
    return stored_rows(store, HVE_ACCOUNTS, "contoso")


def test_rows_move_with_their_types_and_the_folder_goes(tmp_path: Path) -> None:
    folders = opened(
        tmp_path,
        lambda store: [
            keep_as_delta(store, HVE_ACCOUNTS, ACCOUNTS),
            keep_as_delta(store, AZURE_COSTS, [COST]),
        ],
    )
    assert opened(tmp_path, accounts) == ACCOUNTS
    assert opened(tmp_path, lambda store: stored_rows(store, AZURE_COSTS, "contoso")) == [COST]
    assert not any(folder.exists() for folder in folders)
    with closing(sqlite3.connect(tmp_path / "state.db")) as state:
        assert state.execute("select count(*) from commits").fetchone() == (0,)


def test_files_from_before_a_column_was_kept_move_too(tmp_path: Path) -> None:
    opened(tmp_path, lambda store: keep_as_delta(store, AZURE_COSTS, [COST], ("quantity",)))
    assert opened(tmp_path, lambda store: stored_rows(store, AZURE_COSTS, "contoso")) == [COST]


def test_whoever_is_killed_before_the_files_go_moves_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = opened(tmp_path, lambda store: keep_as_delta(store, HVE_ACCOUNTS, ACCOUNTS))

    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(former_tables, "_remove", killed)
        with pytest.raises(KeyboardInterrupt):
            opened(tmp_path, accounts)
    assert folder.exists()
    assert opened(tmp_path, accounts) == ACCOUNTS
    assert not folder.exists()


def test_whoever_is_killed_while_the_files_go_leaves_a_store_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = opened(tmp_path, lambda store: keep_as_delta(store, HVE_ACCOUNTS, ACCOUNTS))

    def killed(path: Path, **_: object) -> None:
        next(path.rglob("*.parquet")).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(former_tables.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            opened(tmp_path, accounts)
    assert folder.exists()
    assert opened(tmp_path, accounts) == ACCOUNTS
    assert not folder.exists()


def test_two_that_open_an_older_store_at_once_move_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = opened(tmp_path, lambda store: keep_as_delta(store, HVE_ACCOUNTS, ACCOUNTS))
    files_sql = former_tables.files_sql

    def overtaken(*args: Any) -> str:
        """The other process ended its move before the files of this one are read."""
        former_tables._remove(folder)
        return files_sql(*args)

    monkeypatch.setattr(former_tables, "files_sql", overtaken)
    assert opened(tmp_path, accounts) == []
    assert not folder.exists()


def test_whoever_is_killed_within_the_move_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(tmp_path, lambda store: keep_as_delta(store, HVE_ACCOUNTS, ACCOUNTS))

    def killed(*_: object) -> pa.Table:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(former_tables, "_missing", killed)
        with pytest.raises(KeyboardInterrupt):
            opened(tmp_path, accounts)
    assert opened(tmp_path, accounts) == ACCOUNTS


def test_rows_that_an_older_release_wrote_after_the_move_join_the_others(tmp_path: Path) -> None:
    opened(tmp_path, lambda store: keep_as_delta(store, HVE_ACCOUNTS, ACCOUNTS[:1]))
    opened(tmp_path, lambda store: keep_as_delta(store, HVE_ACCOUNTS, ACCOUNTS[1:]))
    assert opened(tmp_path, accounts) == ACCOUNTS


def test_a_rehearsal_moves_in_memory_alone(tmp_path: Path) -> None:
    folder = opened(tmp_path, lambda store: keep_as_delta(store, HVE_ACCOUNTS, ACCOUNTS))
    with open_store(tmp_path, "500MB", 1, is_rehearsal=True) as store:
        assert accounts(store) == ACCOUNTS
    assert folder.exists()


@pytest.mark.parametrize("lost", ["*.parquet", "_delta_log/*1.json"])
def test_what_cannot_be_read_whole_is_named_and_stays(tmp_path: Path, lost: str) -> None:
    folder = opened(tmp_path, lambda store: keep_as_delta(store, HVE_ACCOUNTS, ACCOUNTS))
    next(folder.rglob(lost)).unlink()
    with pytest.raises(StoreError, match=r"hve_accounts: cannot be moved into state\.db"):
        opened(tmp_path, accounts)
    shutil.rmtree(folder)
    assert opened(tmp_path, accounts) == []


def test_every_small_table_may_have_been_a_delta_table(tmp_path: Path) -> None:
    def fill(store: Store) -> None:
        for table in SMALL_TABLES:
            nothing = dict.fromkeys(table.schema.names)
            keep_as_delta(store, table, [nothing | {"tenant": "contoso", "batch": 1}])

    opened(tmp_path, fill)
    counts = opened(tmp_path, lambda s: [s.small.rows(table).num_rows for table in SMALL_TABLES])
    assert set(counts) == {1}
