"""What happened around the traffic: changed settings, unusual sign-ins, accounts that lie idle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from models.incident import QUARTER, Event
from warehouse.connection import Row
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import BILLING_POLICIES, HVE_ACCOUNTS, POLICIES, SIGN_INS

_SETTINGS = "account_settings"  # kind of the policies that hold applications and reply address
_WATCHED = {
    HVE_ACCOUNTS: {"reply_to": "reply address", "addresses": "addresses"},
    BILLING_POLICIES: {"billing_status": "billing status", "billing_policy_id": "billing policy"},
    POLICIES: {"document": "settings or allowed applications"},
}
_BURST, _BURST_WINDOW = 10, timedelta(minutes=15)
_LEAST_SIGN_INS = 10  # successful ones, before a country can be called new
_BASIC = "authenticated smtp"
_CUT_OVER = timedelta(days=14)
NO_SIGN_INS = "no sign-ins are stored: they need Entra ID P1 and the permission AuditLog.Read.All"


@dataclass(frozen=True)
class Context:
    """Events with their accounts, and why signals are unavailable for the whole tenant."""

    events: list[tuple[str, Event]]
    missing: dict[str, str]

    def of(self, accounts: Sequence[str]) -> list[tuple[str, Event]]:
        """The events of some accounts."""
        names = set(accounts)
        return [(account, event) for account, event in self.events if account in names]


def context_of(store: Store, tenant: str, until: datetime) -> Context:
    """Changed settings and unusual sign-ins until an instant."""
    events = list(_changes(store, tenant))
    sign_ins = stored_rows(store, SIGN_INS, tenant)
    events += _sign_ins(sign_ins)
    missing = {} if sign_ins else {"sign_ins": NO_SIGN_INS}
    return Context(
        [(account, event) for account, event in events if event.known_at <= until], missing
    )


def _changes(store: Store, tenant: str) -> Iterator[tuple[str, Event]]:
    """A value that differs from the one before; the first observation is no change."""
    for table, names in _WATCHED.items():
        before: dict[str, Row] = {}
        for row in sorted(stored_rows(store, table, tenant), key=lambda row: row["batch"]):
            account = row.get("account") or row.get("object_id")
            if account is None or row.get("kind", _SETTINGS) != _SETTINGS:
                continue
            earlier = before.setdefault(account, {})
            # Unknown is not a value: what could not be read has not changed.
            read = {name: row[name] for name in names if row[name] is not None}
            for name, value in read.items():
                if earlier.get(name, value) != value:
                    reason = f"{names[name]} changed"
                    yield account, _event("config_change", 1, row["observed_at"], reason)
            earlier.update(read)


def _sign_ins(rows: Iterable[Row]) -> Iterator[tuple[str, Event]]:
    by_account: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row["created_at"], row["id"])):
        if row["account"] is not None:
            by_account.setdefault(row["account"], []).append(row)
    for account, own in sorted(by_account.items()):
        for event in (*_failed_bursts(own), *_new_countries(own), *_basic_again(own)):
            yield account, event


def _failed_bursts(rows: list[Row]) -> Iterator[Event]:
    failed = [row["created_at"] for row in rows if row["error_code"]]
    for first, last in zip(failed, failed[_BURST - 1 :], strict=False):
        if last - first <= _BURST_WINDOW:
            reason = f"{_BURST} failed sign-ins within {_BURST_WINDOW.seconds // 60} minutes"
            yield _event("sign_ins", 2, last, reason)


def _new_countries(rows: list[Row]) -> Iterator[Event]:
    seen: set[str] = set()
    passed = [row for row in rows if not row["error_code"] and row["country"]]
    for number, row in enumerate(passed):
        if row["country"] not in seen and number >= _LEAST_SIGN_INS:
            reason = f"first successful sign-in from {row['country']}"
            yield _event("sign_ins", 2, row["created_at"], reason)
        seen.add(row["country"])


def _basic_again(rows: list[Row]) -> Iterator[Event]:
    """Password sign-ins of an account that has used tokens alone for two weeks."""
    tokens, basic = None, None
    for row in (row for row in rows if not row["error_code"]):
        at = row["created_at"]
        if (row["client_app_used"] or "").lower() != _BASIC:
            tokens = tokens or at
            continue
        since = max(tokens or at, basic or tokens or at)
        if at - since >= _CUT_OVER:
            yield _event("sign_ins", 2, at, "signed in with a password after its move to OAuth")
        basic = at


def _event(signal: str, level: int, at: datetime, reason: str) -> Event:
    """Known at the end of the quarter-hour in which it happened."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    known_at = epoch + -((epoch - at) // QUARTER) * QUARTER
    return Event(signal, level, known_at, at, known_at, 1.0, 0.0, reason=reason)
