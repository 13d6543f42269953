"""Billing policies of the accounts: one observation per change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import pyarrow as pa

from warehouse.records.accounts import account_addresses, stored_rows
from warehouse.store import Store
from warehouse.tables import BILLING_POLICIES


@dataclass(frozen=True)
class BillingPolicy:
    """What Microsoft says of an account's billing; null is unknown, never invalid."""

    account: str
    billing_policy_id: str | None = None
    billing_policy_name: str | None = None
    billing_status: str | None = None
    unavailable_reason: str | None = None


def record_billing(
    store: Store, tenant: str, policies: Sequence[BillingPolicy], now: datetime
) -> tuple[int, int]:
    """Writes what differs from the newest observation of the account; returns (new, changed)."""
    mask, own = store.mask(tenant), account_addresses(store, tenant)
    policies = [
        replace(each, unavailable_reason=mask.text(each.unavailable_reason, own))
        for each in policies
    ]
    before = newest_billing(store, tenant)
    fresh = [policy for policy in policies if before.get(policy.account) != policy]
    if fresh:
        batch = store.state.next_batch()
        shared = {"tenant": tenant, "observed_at": now, "batch": batch, "source": "exchange"}
        rows = [{**asdict(policy), **shared} for policy in fresh]
        store.delta.append(
            BILLING_POLICIES, pa.Table.from_pylist(rows, schema=BILLING_POLICIES.schema)
        )
    new = sum(policy.account not in before for policy in fresh)
    return new, len(fresh) - new


def newest_billing(store: Store, tenant: str) -> dict[str, BillingPolicy]:
    """The last observation of every account."""
    newest: dict[str, BillingPolicy] = {}
    for row in sorted(stored_rows(store, BILLING_POLICIES, tenant), key=lambda row: row["batch"]):
        fields = {name: row[name] for name in BillingPolicy.__dataclass_fields__}
        newest[row["account"]] = BillingPolicy(**fields)
    return newest
