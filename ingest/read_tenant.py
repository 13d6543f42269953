"""One tenant's ingest: its sources in order, each failing on its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from hve_monitor.config import Config, Tenant
from hve_monitor.errors import ConfigError, SourceUnavailable
from hve_monitor.https import Client
from ingest.azure import costs as azure_costs
from ingest.azure.retail_prices import PublicApi, ingest_retail_prices
from ingest.entra import sign_ins
from ingest.entra.own_credential import own_credential
from ingest.entra.tokens import EntraTokens
from ingest.exchange import message_traces_v2
from ingest.exchange.accounts import configured_accounts, ingest_accounts
from ingest.exchange.billing import ingest_billing
from ingest.exchange.cmdlets import Exchange
from ingest.exchange.message_traces_v2 import CmdletTraces, TraceExchange
from ingest.graph.message_traces import TracePages, TraceReader
from ingest.graph.trace_events import ingest_failed_events
from ingest.graph.trace_plan import Sharing
from ingest.graph.traces import GraphTraces
from ingest.http import Api, Before, ServiceClock, at_once, https_client
from ingest.policies import allowed_app_ids, ingest_policies
from ingest.powershell.session import ExchangeWays, PowerShell, installed
from ingest.quota import Quota
from ingest.source import Progress, SourceResult
from warehouse.business_time import record_time
from warehouse.maintenance.upkeep import tidy
from warehouse.records.accounts import current_accounts
from warehouse.records.coverage import covered_windows, cut_coverage, record_coverage
from warehouse.store import Store
from warehouse.windows import Window

SOURCES = (
    "accounts",
    "billing",
    "message_traces",
    "trace_events",
    "azure_costs",
    "policies",
    "sign_ins",
)
EVENTS_PART = 5
POLICIES_EVERY = timedelta(hours=1)
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
    clock: ServiceClock = field(default_factory=ServiceClock)

    def __post_init__(self) -> None:
        self._tokens = EntraTokens(self.tenant, self.config.endpoints, self.client)
        self._quota = Quota(self.tenant.name, self.config.limits, self.store.state)

    def run(
        self, sources: Sequence[str], requested: Window | None, named: Sequence[str] = ()
    ) -> list[SourceResult]:
        """Results of the requested sources, in the order in which they build on each other."""
        runners: dict[str, Callable[[], SourceResult | None]] = {
            "accounts": self._accounts,
            "billing": self._billing,
            "message_traces": lambda: self._message_traces(requested),
            "trace_events": self._trace_events,
            "azure_costs": lambda: self._azure_costs(requested, forced="azure_costs" in named),
            "policies": lambda: self._policies(forced="policies" in named),
            "sign_ins": lambda: self._sign_ins(requested),
        }
        results = [runners[source]() for source in SOURCES if source in sources]
        return [result for result in results if result is not None]

    def _accounts(self) -> SourceResult:
        self.progress(f"{self.tenant.name}: accounts", 0, 1)
        if isinstance(self.tenant.accounts, tuple):
            return configured_accounts(self.store, self.tenant.name, self.tenant.accounts, self.now)
        return ingest_accounts(self.store, self.tenant.name, self._exchange(), self.now)

    def _billing(self) -> SourceResult | None:
        """Only where accounts come from Exchange: a list of addresses needs no permission there."""
        if self.tenant.accounts != "exchange":
            return None
        self.progress(f"{self.tenant.name}: billing", 0, 1)
        accounts = [account.account for account in current_accounts(self.store, self.tenant.name)]
        return ingest_billing(self.store, self.tenant.name, self._exchange(), accounts, self.now)

    def _message_traces(self, requested: Window | None) -> SourceResult:
        """From Graph; where it refuses, with the Exchange cmdlet."""
        api = self._graph(GRAPH_PERMISSION, self._quota.acquire)
        sharing: Sharing = "everyone" if self.config.limits.allow_unfiltered else "domain"
        result = self._read_traces(
            GraphTraces(api, self.now, self.clock), api, requested, sharing, "graph"
        )
        if self.tenant.accounts != "exchange" or GRAPH_PERMISSION not in (result.error or ""):
            return result
        api = self._exchange_api(message_traces_v2.PERMISSION, self._quota.acquire)
        exchange = TraceExchange(api, self.tenant.tenant_id)
        pages = CmdletTraces(exchange, self.now, self.clock)
        other = self._read_traces(pages, api, requested, "address", "exchange")
        other.requests += result.requests
        other.error = other.error and f"{result.error}; then {other.error}"
        return other

    def _read_traces(
        self,
        pages: TracePages,
        api: Api,
        requested: Window | None,
        sharing: Sharing,
        origin: str,
    ) -> SourceResult:
        name = self.tenant.name
        result = SourceResult("message_traces", name)
        reader = TraceReader(
            self.store,
            name,
            pages,
            self.now,
            timedelta(hours=self.config.limits.look_back_hours),
            self.progress,
            result,
            sharing,
            origin,
            lambda: (self._quota.used(), self._quota.allowed),
            self.config.limits.message_trace_window_seconds,
        )
        addresses = [
            address
            for account in current_accounts(self.store, name)
            for address in account.addresses
        ]
        if not addresses:
            result.note(SourceUnavailable("no HVE address is known yet; see the source 'accounts'"))
        reader.read(list(dict.fromkeys(addresses)), requested)
        result.requests, result.throttled = api.requests, api.throttled
        return result

    def _trace_events(self) -> SourceResult:
        self.progress(f"{self.tenant.name}: trace events", 0, 1)
        # A small part of what is left: lists of traces come first, and the next run goes on.
        budget = max(0, self._quota.allowed - self._quota.used()) // EVENTS_PART
        api = self._graph(GRAPH_PERMISSION, self._quota.acquire)
        return ingest_failed_events(self.store, self.tenant.name, api, self.now, budget)

    def _azure_costs(self, requested: Window | None, *, forced: bool) -> SourceResult | None:
        if not self.tenant.azure_scopes:
            return None
        self.progress(f"{self.tenant.name}: Azure costs", 0, 1)
        endpoints, name = self.config.endpoints, self.tenant.name
        api = self._api(endpoints.azure, endpoints.azure_scope, azure_costs.PERMISSION)
        result = azure_costs.ingest_azure_costs(
            self.store,
            name,
            api,
            self.tenant.azure_scopes,
            self.config.azure_cost.filter,
            self.now,
            requested,
            forced=forced,
        )
        ingest_retail_prices(
            self.store,
            name,
            PublicApi(self.client, endpoints.prices),
            self.tenant.currency,
            self.now,
            forced=forced,
        )
        return result

    def _sign_ins(self, requested: Window | None) -> SourceResult:
        self.progress(f"{self.tenant.name}: sign-ins", 0, 1)
        name = self.tenant.name
        return sign_ins.ingest_sign_ins(
            self.store,
            name,
            self._graph(sign_ins.PERMISSION),
            current_accounts(self.store, name),
            list(dict.fromkeys([*allowed_app_ids(self.store, name), *self.tenant.sending_apps])),
            self.now,
            requested,
        )

    def _policies(self, *, forced: bool) -> SourceResult | None:
        """About three requests per account, so hourly is enough."""
        name, state = self.tenant.name, self.store.state
        read = covered_windows(state, name, "policies", "*")
        if read and self.now - read[-1].end < POLICIES_EVERY and not forced:
            return None
        self.progress(f"{name}: policies", 0, 1)
        record_coverage(state, name, "policies", "*", Window(self.now, self.now))
        exchange = self._exchange() if self.tenant.accounts == "exchange" else None
        return ingest_policies(
            self.store,
            name,
            self._graph(""),
            exchange,
            current_accounts(self.store, name),
            self.now,
            [app_id for app_id in (self.tenant.client_id, *self.tenant.sending_apps) if app_id],
            own_credential(self.tenant),
        )

    def _exchange(self) -> Exchange:
        """InvokeCommand, PowerShell, or the second where the first is refused."""
        if self._powershell is None:
            return self._rest()
        if self.tenant.exchange_access == "powershell":
            return self._powershell
        return ExchangeWays(self._rest(), self._powershell)

    @cached_property
    def _powershell(self) -> PowerShell | None:
        access, organization = self.tenant.exchange_access, self.tenant.exchange_organization
        if access == "rest" or (access == "auto" and not (organization and installed())):
            return None
        ends = self.config.endpoints
        return PowerShell(
            lambda: self._tokens.bearer(ends.exchange_scope), organization, ends.cloud
        )

    def _rest(self) -> Exchange:
        return Exchange(self._exchange_api(EXCHANGE_PERMISSION), self.tenant.tenant_id)

    def _graph(self, permission: str, before: Before = at_once) -> Api:
        endpoints = self.config.endpoints
        return self._api(endpoints.graph, endpoints.graph_scope, permission, before)

    def _exchange_api(self, permission: str, before: Before = at_once) -> Api:
        endpoints = self.config.endpoints
        return self._api(endpoints.exchange, endpoints.exchange_scope, permission, before)

    def _api(self, base: str, scope: str, permission: str, before: Before = at_once) -> Api:
        return Api(self.client, self._tokens, base, scope, permission, before, self.clock)


def ingest_tenant(
    store: Store,
    config: Config,
    tenant: Tenant,
    sources: Sequence[str],
    now: datetime,
    requested: Window | None,
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
        store.check_now(tenant.name, now)
        clock = ServiceClock()
        clock.watch(client)
        ingest = TenantIngest(store, config, tenant, now, progress, client, clock)
        try:
            results = ingest.run(sources or SOURCES, requested, sources)
        finally:
            # What other sources noted as read up to now is not read beyond the services' time.
            cut_coverage(store.state, tenant.name, clock.not_after(now))
            record_time(store, tenant.name, now, clock.latest)
        tidy(store, tenant.name, now)
    return results
