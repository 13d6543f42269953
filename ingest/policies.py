"""Policies and settings that decide whether HVE mail flows, kept with their history.

Every part fails on its own: what cannot be read is stored with the reason, and its last
known content stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hve_monitor.errors import HveError, SourceUnavailable
from ingest.entra.policies import DirectoryPolicies
from ingest.exchange.cmdlets import Exchange
from ingest.exchange.policies import ACCOUNT_SETTINGS, ExchangePolicies
from ingest.http import Api
from ingest.outcome import finish, note
from ingest.policy_part import Part
from ingest.source import SourceResult
from warehouse.records.accounts import Account
from warehouse.records.coverage import covered_windows, record_coverage
from warehouse.records.policies import Policy, newest_policies, record_policies
from warehouse.store import Store
from warehouse.windows import Window

SOURCE = "policies"


def ingest_policies(
    store: Store,
    tenant: str,
    graph: Api,
    exchange: Exchange | None,
    accounts: Sequence[Account],
    now: datetime,
    app_ids: Sequence[str] = (),
    own: Policy | None = None,
) -> SourceResult:
    """Reads what the permissions allow and keeps what changed.

    exchange: None where Exchange is not to be read. app_ids: applications beside those that the
    accounts' settings name. own: our own credential, as the configuration describes it.
    `graph.permission` is set to what each part needs.
    """
    reader = PolicyReader(store, tenant, now)
    if own is not None:
        reader.keep([own], [own.kind])
    if exchange is not None:
        names = [account.account for account in accounts]
        reader.read(ExchangePolicies(exchange, names).parts())
    all_ids = [*app_ids, *allowed_app_ids(store, tenant)]
    reader.read(DirectoryPolicies(graph, accounts, list(dict.fromkeys(all_ids))).parts())
    apis = [graph] if exchange is None else [graph, exchange.api]
    return finish(reader.result, *apis)


def allowed_app_ids(store: Store, tenant: str) -> list[str]:
    """Applications that may send for an account, as far as Exchange has shown them."""
    newest = newest_policies(store, tenant).values()
    settings = [policy for policy in newest if policy.kind == ACCOUNT_SETTINGS]
    return list(dict.fromkeys(app_id for policy in settings for app_id in policy.app_ids or ()))


@dataclass
class PolicyReader:
    """Reads parts of one tenant and records their objects."""

    store: Store
    tenant: str
    now: datetime
    result: SourceResult = field(init=False)

    def __post_init__(self) -> None:
        self.result = SourceResult(SOURCE, self.tenant)

    def read(self, parts: Sequence[Part]) -> None:
        """Reads the parts of one service; when the service is down, the rest waits."""
        policies: list[Policy] = []
        complete: list[str] = []
        for part in parts:
            try:
                policies += self._objects(part)
                complete.append(part.kind)
            except HveError as error:
                note(self.result, error, part.permission)
                policies.append(
                    Policy(part.kind, None, unavailable_reason=str(error), source=part.source)
                )
                if isinstance(error, SourceUnavailable):
                    break
        self.keep(policies, complete)

    def _objects(self, part: Part) -> list[Policy]:
        # The message of a refusal names the permission, and each part needs another one.
        part.api.permission = part.permission
        objects = part.read()
        self.result.rows_read += len(objects)
        return objects

    def keep(self, policies: Sequence[Policy], complete: Sequence[str]) -> None:
        """Records the policies; of the complete kinds, what is not among them is gone."""
        for kind in complete:
            read = covered_windows(self.store.state, self.tenant, SOURCE, kind)
            since = min([*(window.end for window in read[-1:]), self.now])
            record_coverage(self.store.state, self.tenant, SOURCE, kind, Window(since, self.now))
        new, changed, unchanged = record_policies(
            self.store, self.tenant, policies, complete, self.now
        )
        result = self.result
        result.rows_new += new
        result.rows_changed += changed
        result.rows_unchanged += unchanged
        # What is gone, and the reasons, count as well.
        result.rows_read = result.rows_new + result.rows_changed + result.rows_unchanged
