"""HVE accounts and their addresses: snapshots with history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime

from warehouse.connection import files_sql
from warehouse.protection.person import folded
from warehouse.records.observed import append_rows, masked
from warehouse.records.stored import stored_days, stored_rows
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
    names = [field.name for field in fields(Account)]
    return [
        Account(**{name: row[name] for name in names} | {"addresses": tuple(row["addresses"])})
        for row in rows
        if row["batch"] == newest
    ]


def former_accounts(store: Store, tenant: str) -> dict[str, datetime]:
    """Accounts that were listed once, and since when they are not: the first snapshot without."""
    rows = stored_rows(store, HVE_ACCOUNTS, tenant)
    moments = {row["batch"]: row["observed_at"] for row in rows}
    last = {row["account"]: row["batch"] for row in sorted(rows, key=lambda row: row["batch"])}
    current = {
        address for account in current_accounts(store, tenant) for address in account.addresses
    }
    return {
        account: min(moment for other, moment in moments.items() if other > batch)
        for account, batch in last.items()
        if account not in current
    }


def record_accounts(
    store: Store, tenant: str, accounts: Sequence[Account], now: datetime, source: str
) -> tuple[int, int]:
    """Writes a snapshot when it differs from the newest; returns (new, changed) accounts.

    When an address begins to belong to another account, every day of the tenant is marked for
    rebuilding: old rows of that address change their account.
    """
    before = {account.account: account for account in current_accounts(store, tenant)}
    mask, own = store.mask(tenant), _owners(accounts).keys()
    snapshot = [
        _keeping_reply_to(masked(mask, account, ("reply_to",), own), before.get(account.account))
        for account in accounts
    ]
    new = sum(account.account not in before for account in snapshot)
    changed = sum(before.get(account.account, account) != account for account in snapshot)
    if new or changed or len(before) != len(snapshot):
        is_moved = _owners(before.values()) != _owners(snapshot)
        days = stored_days(store, tenant) if is_moved else []
        with store.state.changing(tenant, days):
            append_rows(store, HVE_ACCOUNTS, tenant, map(asdict, snapshot), now, source)
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


def accounts_with(store: Store, tenant: str, address: str) -> list[str]:
    """Accounts, also former ones, that have the address, or the address that mail was sent from."""
    listed = stored_rows(store, HVE_ACCOUNTS, tenant)
    named = {
        row["account"]
        for row in listed
        if folded(address) in map(folded, (row["account"], *row["addresses"]))
    }
    if not named and (
        _is_stored(store, HVE_USAGE_DAILY, tenant, "account", address)
        or _is_stored(store, MESSAGE_TRACES, tenant, "sender", address)
    ):
        named = {address}
    return sorted(named)


def _is_stored(store: Store, table: Table, tenant: str, column: str, address: str) -> bool:
    """Whether a column of a large table has the value: files whose range lacks it are not read."""
    with store.existing(table, tenant) as connection:
        sql = f"select 1 from existing where {column} = $address limit 1"
        return bool(connection.execute(sql, {"address": address}).fetchall())


def _keeping_reply_to(account: Account, before: Account | None) -> Account:
    """An unknown ReplyTo is no change of it."""
    if before is None or account.reply_to is not None:
        return account
    return replace(account, reply_to=before.reply_to)


def _owners(accounts: Iterable[Account]) -> dict[str, str]:
    """Account by address."""
    return {address: account.account for account in accounts for address in account.addresses}
