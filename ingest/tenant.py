"""One tenant's ingest: its sources in order, each failing on its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hve_monitor.config import Config, Tenant
from hve_monitor.errors import ConfigError, SourceUnavailable
from ingest.accounts import configured_accounts, ingest_accounts
from ingest.auth import EntraTokens
from ingest.billing import ingest_billing
from ingest.exchange import Exchange
from ingest.graph_traces import GraphTraces
from ingest.http import Api, Client, https_client
from ingest.message_traces import TraceReader
from ingest.quota import Quota
from ingest.source import Progress, SourceResult
from warehouse.accounts import current_accounts
from warehouse.state import Window
from warehouse.store import Store
from warehouse.upkeep import tidy

SOURCES = ("accounts", "billing", "message_traces")
GRAPH_PERMISSION = (
    "Microsoft Graph application permission ExchangeMessageTrace.Read.All with admin consent,"
    " and the service principal of app 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373 in the tenant"
)
EXCHANGE_PERMISSION = (
    "Office 365 Exchange Online application permission Exchange.ManageAsApp with admin consent,"
    " and a role such as Global Reader for the application"
)


@dataclass
class TenantIngest:
    """Everything that one tenant's sources share."""

    store: Store
    config: Config
    tenant: Tenant
    now: datetime
    progress: Progress
    client: Client

    def __post_init__(self) -> None:
        self._tokens = EntraTokens(self.tenant, self.config.endpoints, self.client)
        self._quota = Quota(self.tenant.name, self.config.limits, self.store.state)

    def run(self, sources: Sequence[str], asked: Window | None) -> list[SourceResult]:
        """Results of the asked sources, in the order in which they build on each other."""
        runners: dict[str, Callable[[], SourceResult | None]] = {
            "accounts": self._accounts,
            "billing": self._billing,
            "message_traces": lambda: self._message_traces(asked),
        }
        results = [runners[source]() for source in SOURCES if source in sources]
        return [result for result in results if result is not None]

    def _accounts(self) -> SourceResult:
        self.progress(f"{self.tenant.name}: accounts", 0, 1)
        if isinstance(self.tenant.accounts, tuple):
            return configured_accounts(self.store, self.tenant.name, self.tenant.accounts, self.now)
        return ingest_accounts(self.store, self.tenant.name, self._exchange(), self.now)

    def _billing(self) -> SourceResult | None:
        """Only where Exchange may be asked: a list of addresses needs no Exchange permission."""
        if self.tenant.accounts != "exchange":
            return None
        self.progress(f"{self.tenant.name}: billing", 0, 1)
        accounts = [each.account for each in current_accounts(self.store, self.tenant.name)]
        return ingest_billing(self.store, self.tenant.name, self._exchange(), accounts, self.now)

    def _message_traces(self, asked: Window | None) -> SourceResult:
        endpoints, name = self.config.endpoints, self.tenant.name
        api = Api(
            self.client,
            self._tokens,
            endpoints.graph,
            endpoints.graph_scope,
            GRAPH_PERMISSION,
            self._quota.acquire,
        )
        result = SourceResult("message_traces", name)
        reader = TraceReader(
            self.store,
            name,
            GraphTraces(api, self.now),
            self.now,
            timedelta(hours=self.config.limits.look_back_hours),
            self.progress,
            result,
            everyone=self.config.limits.allow_unfiltered,
        )
        addresses = [
            address
            for account in current_accounts(self.store, name)
            for address in account.addresses
        ]
        if not addresses:
            result.note(SourceUnavailable("no HVE address is known yet; see the source 'accounts'"))
        reader.read(list(dict.fromkeys(addresses)), asked)
        result.requests, result.throttled = api.requests, api.throttled
        return result

    def _exchange(self) -> Exchange:
        endpoints = self.config.endpoints
        api = Api(
            self.client,
            self._tokens,
            endpoints.exchange,
            endpoints.exchange_scope,
            EXCHANGE_PERMISSION,
        )
        return Exchange(api, self.tenant.tenant_id)


def ingest_tenant(
    store: Store,
    config: Config,
    tenant: Tenant,
    sources: Sequence[str],
    now: datetime,
    asked: Window | None,
    progress: Progress,
) -> list[SourceResult]:
    """Ingests one tenant under its lock. A tenant that lives from files has nothing to fetch.

    Raises: LockedError, ConfigError (business time going back, unknown source).
    """
    unknown = [source for source in sources if source not in SOURCES]
    if unknown:
        raise ConfigError(f"{unknown[0]}: no such source; known: {', '.join(SOURCES)}")
    if tenant.accounts == "files":
        return []
    with store.tenant_lock(tenant.name), https_client(config.endpoints.ca_bundle) as client:
        store.begin_write(tenant.name, now)
        ingest = TenantIngest(store, config, tenant, now, progress, client)
        results = ingest.run(sources or SOURCES, asked)
        tidy(store, tenant.name, now)
    return results
