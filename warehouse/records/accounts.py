"""HVE accounts and their addresses: snapshots with history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from warehouse.connection import arrow, files_sql
from warehouse.store import Store
from warehouse.tables import HVE_ACCOUNTS, HVE_USAGE_DAILY, MESSAGE_TRACES, Table


@dataclass(frozen=True)
class Account:
    """One HVE account. `addresses` holds the primary and every alias, in lower case.

    `reply_to` is "" where it is known that there is none, null while it is unknown.
    """

    account: str
    addresses: tuple[str, ...]
    display_name: str | None = None
    external_id: str | None = None
    created_at: datetime | None = None
    reply_to: str | None = None


def current_accounts(store: Store, tenant: str) -> list[Account]:
    """Accounts of the tenant's newest snapshot; empty before the first."""
    rows = stored_rows(store, HVE_ACCOUNTS, tenant)
    newest = max((row["batch"] for row in rows), default=None)
    return [_account(row) for row in rows if row["batch"] == newest]


def record_accounts(
    store: Store, tenant: str, accounts: Sequence[Account], now: datetime, source: str
) -> tuple[int, int]:
    """Writes a snapshot when it differs from the newest; returns (new, changed) accounts.

    When an address begins to belong to another account, every day of the tenant is marked for
    rebuilding: old rows of that address change their account.
    """
    before = {account.account: account for account in current_accounts(store, tenant)}
    own = {address for each in accounts for address in each.addresses}
    masked = [
        replace(each, reply_to=store.mask(tenant).text(each.reply_to, own)) for each in accounts
    ]
    wanted = [_keeping_reply_to(account, before.get(account.account)) for account in masked]
    new = sum(account.account not in before for account in wanted)
    changed = sum(before.get(each.account, each) != each for each in wanted)
    if new or changed or len(before) != len(wanted):
        if _owners(before.values()) != _owners(wanted):
            store.state.mark_dirty(tenant, stored_days(store, tenant))
        store.delta.append(HVE_ACCOUNTS, _rows(store, tenant, wanted, now, source))
    return new, changed


def account_addresses(store: Store, tenant: str) -> frozenset[str]:
    """Every address of the tenant's accounts: applications, not people."""
    accounts = current_accounts(store, tenant)
    return frozenset(address for account in accounts for address in account.addresses)


def sending_accounts(store: Store, tenant: str) -> frozenset[str]:
    """Accounts that usage was counted for, listed or not."""
    files = store.delta.files(HVE_USAGE_DAILY, tenant)
    if not files:
        return frozenset()
    with store.compute() as connection:
        sql = f"select distinct account from ({files_sql(HVE_USAGE_DAILY, files)})"
        return frozenset(row[0] for row in connection.execute(sql).fetchall())


def replace_of_accounts(
    store: Store,
    table: Table,
    rows: pa.Table,
    tenant: str,
    days: Sequence[date],
    accounts: Sequence[str],
) -> None:
    """Puts rows in the place of these accounts' rows of the days; other accounts keep theirs."""
    stored = files_sql(table, store.delta.files(table, tenant, days))
    with store.compute() as connection:
        connection.register("replaced", pa.table({"account": pa.array(accounts, pa.string())}))
        others = arrow(connection, f"select * from ({stored}) anti join replaced using (account)")
    names = table.schema.names
    joined = [part.select(names).cast(table.schema) for part in (others, rows)]
    store.delta.replace(table, pa.concat_tables(joined), tenant, days)


def stored_rows(store: Store, table: Table, tenant: str) -> list[dict[str, Any]]:
    """All rows of a small table that belong to the tenant."""
    files = store.delta.files(table, tenant)
    if not files:
        return []
    with store.compute() as connection:
        rows: list[dict[str, Any]] = (
            connection.sql(files_sql(table, files)).to_arrow_table().to_pylist()
        )
    return rows


def stored_days(store: Store, tenant: str) -> list[date]:
    """Every UTC day that holds trace rows of the tenant."""
    return sorted(store.delta.rows_by_day(MESSAGE_TRACES, tenant))


def _keeping_reply_to(account: Account, before: Account | None) -> Account:
    """An unknown ReplyTo is no change of it."""
    if before is None or account.reply_to is not None:
        return account
    return replace(account, reply_to=before.reply_to)


def _owners(accounts: Any) -> dict[str, str]:
    return {address: each.account for each in accounts for address in each.addresses}


def _account(row: dict[str, Any]) -> Account:
    return Account(
        row["account"],
        tuple(row["addresses"]),
        row["display_name"],
        row["external_id"],
        row["created_at"],
        row["reply_to"],
    )


def _rows(
    store: Store, tenant: str, accounts: Sequence[Account], now: datetime, source: str
) -> pa.Table:
    batch = store.state.next_batch()
    return pa.Table.from_pylist(
        [
            {
                "tenant": tenant,
                "account": each.account,
                "addresses": list(each.addresses),
                "display_name": each.display_name,
                "external_id": each.external_id,
                "created_at": each.created_at,
                "reply_to": each.reply_to,
                "observed_at": now,
                "batch": batch,
                "source": source,
            }
            for each in accounts
        ],
        schema=HVE_ACCOUNTS.schema,
    )
