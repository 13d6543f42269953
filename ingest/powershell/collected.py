"""What an administrator's own run of collect.ps1 saw: HVE accounts, billing, settings, policies.

The file carries rows as the cmdlets print them, so it answers in place of Exchange and its rows are
read by the same functions: an account that a run through the API knows already is the same one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import msgspec

from hve_monitor.addresses import address_of
from hve_monitor.errors import AuthError, ConfigError
from ingest.exchange.accounts import ingest_accounts
from ingest.exchange.billing import ingest_billing
from ingest.exchange.cmdlets import Exchange
from ingest.exchange.policies import (
    ACCOUNT_AUTHENTICATION,
    ACCOUNT_SETTINGS,
    AUTHENTICATION,
    BILLING_POLICY,
    ORGANIZATION,
    ExchangePolicies,
)
from ingest.http import Api, JsonObject, RequestRefused
from ingest.policies import PolicyReader
from ingest.source import SourceResult
from warehouse.records.accounts import current_accounts
from warehouse.store import Store

KIND, VERSION = "hve-collect", 1
REFUSED = 403
OF_ACCOUNT = ("Get-HVEAccountSettings", "Get-User")
POLICY_PARTS = {
    "Get-OrganizationConfig": "organization",
    "Get-User": "users",
    "Get-AuthenticationPolicy": "authentication",
    "Get-BillingPolicy": "billing",
}
KIND_PARTS = {
    ORGANIZATION: "organization",
    ACCOUNT_AUTHENTICATION: "users",
    AUTHENTICATION: "authentication",
    BILLING_POLICY: "billing",
}


class Collection(msgspec.Struct):
    """The document; a part that is not in the file was not read."""

    kind: str
    version: int
    accounts: list[JsonObject]
    settings: list[JsonObject] = []
    billing: list[JsonObject] = []
    policies: JsonObject = {}
    errors: list[str] = []


@dataclass
class CollectedExchange(Exchange):
    """Answers cmdlets from the document instead of over the network."""

    document: Collection

    def __post_init__(self) -> None:
        """No request is sent, so none is counted."""
        self.api = cast("Api", SimpleNamespace(requests=0, throttled=0, permission=""))

    def rows(self, cmdlet: str, **parameters: object) -> list[JsonObject]:
        """The rows that the cmdlet printed.

        Raises: AuthError with its reason instead; RequestRefused where that concerns the account
        alone.
        """
        if cmdlet == "Get-MailUser":
            return [_with_time(row) for row in self.document.accounts]
        rows = self._printed(cmdlet)
        if "Identity" in parameters:
            identity = str(parameters["Identity"]).lower()
            rows = [row for row in rows if _identity(row) == identity]
        refusal = next((row["error"] for row in rows if row.get("error")), None)
        if refusal and cmdlet in OF_ACCOUNT:
            raise RequestRefused(REFUSED, str(refusal), cmdlet)
        if refusal:
            raise AuthError(f"{cmdlet}: {refusal}")
        if not rows and cmdlet in OF_ACCOUNT:
            raise RequestRefused(REFUSED, "the file says nothing of the account", cmdlet)
        return rows

    def _printed(self, cmdlet: str) -> list[JsonObject]:
        part = {
            "Get-HVEAccountSettings": self.document.settings,
            "Get-HVEAccountBillingPolicy": self.document.billing,
        }.get(cmdlet)
        return self.policies(POLICY_PARTS[cmdlet]) if part is None else part

    def policies(self, part: str) -> list[JsonObject]:
        """Rows of one part of the policies; PowerShell writes one row without its list."""
        rows = self.document.policies.get(part)
        if isinstance(rows, dict):
            return [rows]
        return rows if isinstance(rows, list) else []

    def holds(self, kind: str) -> bool:
        """Whether the script read this kind of policy at all."""
        if kind == ACCOUNT_SETTINGS:
            return bool(self.document.settings)
        return KIND_PARTS[kind] in self.document.policies


def _identity(row: JsonObject) -> str:
    return address_of(str(row.get("Identity") or "")).lower()


def is_collection(record: object) -> bool:
    """Whether a JSON record is what collect.ps1 writes."""
    return isinstance(record, dict) and record.get("kind") == KIND


def read_collection(document: object, where: str) -> Collection:
    """The checked document. Raises: ConfigError when it is of another version or shape."""
    try:
        collection = msgspec.convert(document, Collection)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: is no {KIND} file ({error}); run the script again") from None
    if collection.version != VERSION:
        raise ConfigError(
            f"{where}: has version {collection.version}, this program reads {VERSION};"
            " print the script again with `hve collect --script`"
        )
    return collection


def record_collection(
    store: Store, tenant: str, document: JsonObject, now: datetime, where: str
) -> Sequence[SourceResult]:
    """Keeps accounts, billing, settings and policies; returns what became of them.

    Raises: ConfigError when the document is of another version or shape.
    """
    collection = read_collection(document, where)
    if collection.errors and not collection.accounts:
        return [SourceResult("accounts", tenant, error=error) for error in collection.errors]
    recorded = CollectedExchange(collection)
    results = [ingest_accounts(store, tenant, recorded, now)]
    if collection.billing:
        listed = {_identity(row) for row in collection.billing}
        accounts = [account.account for account in current_accounts(store, tenant)]
        billed = [account for account in accounts if account in listed]
        results.append(_billing(store, tenant, recorded, billed, now))
    results.append(_policies(store, tenant, recorded, now))
    return results


def _policies(
    store: Store, tenant: str, recorded: CollectedExchange, now: datetime
) -> SourceResult:
    """Settings and policies as the same cmdlets give them over the network.

    What the script could not read is kept as the reason why it is unknown: no row is lost by that.
    """
    accounts = [account.account for account in current_accounts(store, tenant)]
    parts = ExchangePolicies(recorded, accounts).parts()
    reader = PolicyReader(store, tenant, now)
    reader.read([part for part in parts if recorded.holds(part.kind)])
    return replace(reader.result, error=None)


def _billing(
    store: Store, tenant: str, recorded: CollectedExchange, accounts: Sequence[str], now: datetime
) -> SourceResult:
    """One account at a time: a refusal for one says nothing of the next."""
    total = SourceResult("billing", tenant)
    for account in accounts:
        result = ingest_billing(store, tenant, recorded, [account], now)
        # A refusal is kept as the reason why the policy is unknown: nothing read, one row more.
        total.rows_read += result.rows_new + result.rows_changed + result.rows_unchanged
        total.rows_new += result.rows_new
        total.rows_changed += result.rows_changed
        total.rows_unchanged += result.rows_unchanged
    return total


def _with_time(row: JsonObject) -> JsonObject:
    """PowerShell 5 writes times as /Date(milliseconds)/ where a script does not say how."""
    created = row.get("WhenCreated")
    if not isinstance(created, str) or not created.startswith("/Date("):
        return row
    digits = created.removeprefix("/Date(").split(")")[0]
    moment = datetime(1970, 1, 1, tzinfo=UTC)
    try:
        return row | {"WhenCreated": (moment + timedelta(milliseconds=int(digits))).isoformat()}
    except (ValueError, OverflowError):
        return row | {"WhenCreated": None}
