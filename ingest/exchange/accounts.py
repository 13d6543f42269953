"""The tenant's HVE accounts with every address they may send from.

Source: Exchange `Get-MailUser -HVEAccount` and `Get-HVEAccountSettings`, or the configured list.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import msgspec

from hve_monitor.addresses import address_of, one_address
from hve_monitor.errors import HveError, SourceContractError
from ingest.exchange.cmdlets import Exchange
from ingest.http import JsonObject
from ingest.received import moment_of
from ingest.source import SourceResult
from warehouse.records.accounts import Account, current_accounts, record_accounts
from warehouse.records.coverage import covered_windows, record_coverage
from warehouse.store import Store
from warehouse.windows import Window

SOURCE = "accounts"
WHOLE, SHORT = "*", "short"  # in state.coverage: when the list was read whole, and when short
# A list that lost most of its accounts is first taken for a fault of the service.
SHORT_LIST_HOLDS = timedelta(days=3)


class MailUser(msgspec.Struct, rename="pascal"):
    """The documented properties of an HVE account."""

    primary_smtp_address: str
    email_addresses: list[Any] | str | None = None  # PowerShell may write a list as one text
    display_name: Any = None
    external_directory_object_id: Any = None
    when_created: Any = None


def ingest_accounts(store: Store, tenant: str, exchange: Exchange, now: datetime) -> SourceResult:
    """Reads the accounts from Exchange and keeps a snapshot when anything changed."""
    result = SourceResult(SOURCE, tenant)
    try:
        rows = exchange.rows("Get-MailUser", HVEAccount=True)
        accounts = [_account(row, exchange) for row in rows]
        stored = current_accounts(store, tenant)
        if stored and not accounts:
            raise SourceContractError(
                f"Exchange lists no HVE account; the {len(stored)} known ones are kept"
            )
        missing = _missing(stored, accounts)
        if len(missing) * 2 > len(stored) > 1 and not _is_old(store, tenant, now):
            _record(store, tenant, [*accounts, *missing], now, result)
            raise SourceContractError(
                f"Exchange lists {len(accounts)} HVE accounts; the {len(missing)} known ones that"
                f" it does not list are kept for {SHORT_LIST_HOLDS.days} days"
            )
        _record(store, tenant, accounts, now, result)
        record_coverage(store.state, tenant, SOURCE, WHOLE, Window(now, now))
    except HveError as error:
        result.note(error)
    result.requests, result.throttled = exchange.api.requests, exchange.api.throttled
    return result


def _missing(stored: list[Account], listed: list[Account]) -> list[Account]:
    """Stored accounts that are not listed under any address."""
    addresses = {address for account in listed for address in account.addresses}
    return [account for account in stored if account.account not in addresses]


def _is_old(store: Store, tenant: str, now: datetime) -> bool:
    """Whether the list has been seen short for so long that it is true; notes that it is."""
    whole, short = (covered_windows(store.state, tenant, SOURCE, kind) for kind in (WHOLE, SHORT))
    is_first = not short or bool(whole and whole[-1].end > short[-1].start)
    since = now if is_first else short[-1].start
    record_coverage(store.state, tenant, SOURCE, SHORT, Window(since, now))
    return now - since > SHORT_LIST_HOLDS


def configured_accounts(
    store: Store, tenant: str, addresses: tuple[str, ...], now: datetime
) -> SourceResult:
    """Takes the accounts from the configuration: each address is an account of its own."""
    result = SourceResult(SOURCE, tenant)
    accounts = [Account(address, (address,)) for address in addresses]
    _record(store, tenant, accounts, now, result, source="config")
    return result


def _record(
    store: Store,
    tenant: str,
    accounts: list[Account],
    now: datetime,
    result: SourceResult,
    source: str = "exchange",
) -> None:
    result.rows_read = len(accounts)
    result.rows_new, result.rows_changed = record_accounts(store, tenant, accounts, now, source)
    result.rows_unchanged = result.rows_read - result.rows_new - result.rows_changed


def _account(row: JsonObject, exchange: Exchange) -> Account:
    """The account; of what is not needed to know it, an odd value is unknown."""
    try:
        user = msgspec.convert(row, MailUser)
        primary = one_address(user.primary_smtp_address)
        if primary is None:
            raise msgspec.ValidationError("PrimarySmtpAddress is no address")
    except msgspec.ValidationError as error:
        raise SourceContractError(f"Get-MailUser: {error}") from None
    proxies = [_smtp(entry) for entry in _entries(user.email_addresses)]
    addresses = {primary, *(address for address in proxies if address)}
    return Account(
        primary,
        (primary, *sorted(addresses - {primary})),
        _text(user.display_name),
        _text(user.external_directory_object_id),
        moment_of(user.when_created),
        _reply_to(exchange, primary),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _entries(listed: list[Any] | str | None) -> list[str]:
    parts = re.split(r"[;,\s]+", listed) if isinstance(listed, str) else listed or []
    return [part for part in parts if isinstance(part, str)]


def _smtp(entry: str) -> str | None:
    """The address of a `SMTP:`/`smtp:` proxy or bare one; other kinds (SIP, X500) never send."""
    kind, colon, address = entry.partition(":")
    if not colon:
        return one_address(entry)
    return one_address(address) if kind.strip("'\"< ").lower() == "smtp" else None


def _reply_to(exchange: Exchange, identity: str) -> str | None:
    """ReplyTo of the account, "" where it has none.

    Unknown when the cmdlet is refused or shows no such property: usage does not depend on it.
    """
    try:
        rows = exchange.rows("Get-HVEAccountSettings", Identity=identity)
    except HveError:
        return None
    if not rows or "ReplyTo" not in rows[0]:
        return None
    return address_of(str(rows[0]["ReplyTo"] or "")).lower()
