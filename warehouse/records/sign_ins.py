"""Sign-ins: each one once, by its id."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime

import pyarrow as pa

from hve_monitor.files import sql
from warehouse.connection import files_sql
from warehouse.protection.pseudonyms import Mask
from warehouse.records.accounts import account_addresses
from warehouse.store import Store
from warehouse.tables import SIGN_INS

STORED = sql(__file__, "signins")


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
    known = _known(store, tenant, {each.day for each in sign_ins})
    mask, own = store.mask(tenant), account_addresses(store, tenant)
    fresh = {each.id: _masked(mask, each, own) for each in sign_ins if each.id not in known}
    if fresh:
        shared = {"tenant": tenant, "observed_at": now, "batch": store.state.next_batch()}
        rows = [{**asdict(each), "day": each.day, **shared} for each in fresh.values()]
        store.delta.append(SIGN_INS, pa.Table.from_pylist(rows, schema=SIGN_INS.schema))
    return len(fresh)


def _masked(mask: Mask, sign_in: SignIn, own: Collection[str]) -> SignIn:
    known = {*own, sign_in.account or ""}
    return replace(
        sign_in,
        user_principal_name=mask.text(sign_in.user_principal_name, known),
        failure_reason=mask.text(sign_in.failure_reason, known),
    )


def _known(store: Store, tenant: str, days: Iterable[date]) -> set[str]:
    files = store.delta.files(SIGN_INS, tenant, days)
    if not files:
        return set()
    with store.compute() as connection:
        connection.execute(f"create view existing as {files_sql(SIGN_INS, files)}")
        return {row[0] for row in connection.execute(STORED).fetchall()}
