"""Idle accounts: listed, and without mail for ninety days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from models.incident import Incident, Signal
from warehouse.records.accounts import current_accounts
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import HVE_ACCOUNTS
from warehouse.windows import Window

IDLE = timedelta(days=90)


def idle_incidents(
    store: Store,
    tenant: str,
    last_sent: dict[str, datetime],
    until: datetime,
    unread: Mapping[str, Sequence[Window]],
) -> list[Incident]:
    """Listed accounts without mail for ninety days, since their last mail or first listing.

    unread: windows by account in which mail may have gone out; the days count from their ends on.
    """
    first_listed: dict[str, datetime] = {}
    for row in stored_rows(store, HVE_ACCOUNTS, tenant):
        account = row["account"]
        observed_at = row["observed_at"]
        first_listed[account] = min(observed_at, first_listed.get(account, observed_at))
    incidents = []
    for account in (listed.account for listed in current_accounts(store, tenant)):
        since = last_sent.get(account) or first_listed[account]
        since = max([since, *(window.end for window in unread.get(account, ()))])
        if until - since >= IDLE:
            incidents.append(_idle(account, since, account in last_sent))
    return incidents


def _idle(account: str, since: datetime, has_sent: bool) -> Incident:
    what = "no mail" if has_sent else "listed, and no mail at all"
    reason = f"{what} for {IDLE.days} days: nobody may need this account any more"
    return Incident(
        account=account,
        kind="idle_account",
        severity="low",
        started_at=since,
        ended_at=None,
        detected_at=since + IDLE,
        observed=0,
        expected=0.0,
        interval=(0.0, 0.0),
        reasons=(reason,),
        signals=(Signal("idle_account", 1.0, "fired", reason),),
        extra_recipients=0,
        learning=False,
        opened_at=since + IDLE,
    )
