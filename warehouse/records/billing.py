"""Billing policies of the accounts: one observation per change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from warehouse.records.accounts import account_addresses
from warehouse.records.observed import Counts, Observed, masked
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


OBSERVED = Observed(BILLING_POLICIES, BillingPolicy, lambda policy: policy.account, "exchange")


def record_billing(
    store: Store, tenant: str, policies: Sequence[BillingPolicy], now: datetime
) -> Counts:
    """Writes what differs from the newest observation of the account."""
    mask, own = store.mask(tenant), account_addresses(store, tenant)
    policies = [masked(mask, policy, ("unavailable_reason",), own) for policy in policies]
    return OBSERVED.record(store, tenant, policies, newest_billing(store, tenant), now)


def newest_billing(store: Store, tenant: str) -> dict[str, BillingPolicy]:
    """The last observation of every account."""
    return OBSERVED.newest(store, tenant)
