"""Sign-ins: each one once, by its id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

from hve_monitor.files import sql
from warehouse.records.accounts import account_addresses
from warehouse.records.observed import append_rows, masked
from warehouse.store import Store
from warehouse.tables import SIGN_INS

STORED = sql(__file__, "signins")
TEXTS = ("user_principal_name", "failure_reason")  # what may name a person


@dataclass(frozen=True)
class SignIn:
    """One attempt to sign in; `error_code` 0 is a success. An application's has no account."""

    id: str
    created_at: datetime
    account: str | None
    user_principal_name: str | None
    ip_address: str | None
    client_app_used: str | None
    app_display_name: str | None
    app_id: str | None
    error_code: int | None
    failure_reason: str | None
    conditional_access_status: str | None
    country: str | None
    is_service_principal: bool

    @property
    def day(self) -> date:
        """Its UTC day."""
        return self.created_at.astimezone(UTC).date()


def record_sign_ins(store: Store, tenant: str, sign_ins: Sequence[SignIn], now: datetime) -> int:
    """Writes the sign-ins that are not stored yet; returns how many."""
    stored = _stored_ids(store, tenant, {sign_in.day for sign_in in sign_ins})
    mask, own = store.mask(tenant), account_addresses(store, tenant)
    fresh = {
        sign_in.id: masked(mask, sign_in, TEXTS, {*own, sign_in.account or ""})
        for sign_in in sign_ins
        if sign_in.id not in stored
    }
    rows = [asdict(sign_in) | {"day": sign_in.day} for sign_in in fresh.values()]
    append_rows(store, SIGN_INS, tenant, rows, now)
    return len(fresh)


def _stored_ids(store: Store, tenant: str, days: Iterable[date]) -> set[str]:
    with store.existing(SIGN_INS, tenant, days) as connection:
        return {row[0] for row in connection.execute(STORED).fetchall()}
