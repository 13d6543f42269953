"""Billing policy of each HVE account: without a valid one Microsoft stops its mail.

Source: Exchange `Get-HVEAccountBillingPolicy`. Whether it works app-only is not documented, so a
refusal is kept as the reason why the state is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hve_monitor.errors import AuthError, HveError, SourceUnavailable
from ingest.exchange.cmdlets import Exchange
from ingest.source import SourceResult
from warehouse.records.billing import BillingPolicy, record_billing
from warehouse.store import Store

SOURCE = "billing"


def ingest_billing(
    store: Store, tenant: str, exchange: Exchange, accounts: Sequence[str], now: datetime
) -> SourceResult:
    """Reads every account's policy and keeps a snapshot when anything changed."""
    result = SourceResult(SOURCE, tenant)
    if not accounts:
        result.note(SourceUnavailable("no HVE account is known yet; see the source 'accounts'"))
    policies: list[BillingPolicy] = []
    for account in accounts:
        try:
            policies.append(_policy(exchange, account))
        except HveError as error:
            if not isinstance(error, SourceUnavailable):
                policies.append(BillingPolicy(account, unavailable_reason=str(error)))
            result.note(error)
            result.optional = isinstance(error, AuthError)
            if isinstance(error, (AuthError, SourceUnavailable)):
                break
    result.rows_read = sum(policy.unavailable_reason is None for policy in policies)
    counts = record_billing(store, tenant, policies, now)
    result.rows_new, result.rows_changed, result.rows_unchanged = counts
    result.settle()
    result.requests, result.throttled = exchange.api.requests, exchange.api.throttled
    return result


def _policy(exchange: Exchange, account: str) -> BillingPolicy:
    rows = exchange.rows("Get-HVEAccountBillingPolicy", Identity=account)
    row = rows[0] if rows else {}
    return BillingPolicy(
        account,
        _text(row.get("BillingPolicyId")),
        _text(row.get("BillingPolicyName")),
        _text(row.get("BillingPolicyStatus")),
    )


def _text(value: object) -> str | None:
    return None if value in (None, "") else str(value)
