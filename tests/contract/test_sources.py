"""Every further source against the simulated tenant: what is stored is what the services hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from hve_monitor.clock import iso
from hve_monitor.https import Client
from ingest.azure.costs import ingest_azure_costs
from ingest.azure.retail_prices import PublicApi, ingest_retail_prices
from ingest.entra.sign_ins import ingest_sign_ins
from ingest.entra.tokens import EntraTokens
from ingest.exchange.accounts import ingest_accounts
from ingest.exchange.cmdlets import Exchange
from ingest.exchange.message_traces_v2 import CmdletTraces, TraceExchange
from ingest.graph.trace_events import ingest_failed_events, ingest_trace_events
from ingest.graph.trace_pages import arrow_rows
from ingest.graph.traces import GraphTraces
from ingest.http import Api, https_client
from ingest.policies import ingest_policies
from ingest.source import SourceResult
from simulator import SimulatedTenant
from simulator.entra.sign_ins import SignIns
from simulator.world import access
from tests.contract.conftest import NOW, Site
from tests.simulated import Faults, FaultyTenant
from warehouse.records.accounts import Account, current_accounts
from warehouse.records.costs import newest_costs
from warehouse.records.message_traces import land
from warehouse.records.policies import newest_policies
from warehouse.records.stored import stored_rows
from warehouse.records.trace_events import Pair
from warehouse.store import Store, open_store
from warehouse.tables import RETAIL_PRICES, SIGN_INS, TRACE_EVENTS
from warehouse.windows import Window

pytestmark = pytest.mark.contract
DAY = timedelta(days=1)
DISTURBED = Faults(0.1, 0.1, 0.1, 0.1, 0.2, seed=3)


@dataclass
class Caller:
    """A customer's store and its ways to the services."""

    site: Site
    store: Store
    client: Client

    def __post_init__(self) -> None:
        config = self.site.config()
        self._tokens = EntraTokens(config.tenants[0], config.endpoints, self.client)
        self._config = config

    @property
    def tenant(self) -> FaultyTenant:
        return self.site.tenant

    def api(self, service: str) -> Api:
        scope = getattr(self._config.endpoints, f"{service}_scope")
        base = self.site.server.endpoints[service]
        return Api(self.client, self._tokens, base, scope, "the permission")

    def accounts(self) -> list[Account]:
        exchange = Exchange(self.api("exchange"), self.tenant.tenant_id)
        ingest_accounts(self.store, "contoso", exchange, self.tenant.now)
        return current_accounts(self.store, "contoso")

    def costs(self, *, forced: bool = False) -> SourceResult:
        azure, now = self.tenant.azure, self.tenant.now
        scopes = [f"/subscriptions/{azure.subscription_id}/resourceGroups/rg-messaging"]
        meter = {"Meter": azure.terms.names[3]}
        return ingest_azure_costs(
            self.store, "contoso", self.api("azure"), scopes, meter, now, forced=forced
        )

    def sign_ins(self) -> SourceResult:
        apps = [str(application["appId"]) for application in self.tenant.readiness.applications]
        api, accounts = self.api("graph"), self.accounts()
        return ingest_sign_ins(self.store, "contoso", api, accounts, apps, self.tenant.now)

    def policies(self) -> SourceResult:
        accounts = self.accounts()
        exchange = Exchange(self.api("exchange"), self.tenant.tenant_id)
        apps = [str(application["appId"]) for application in self.tenant.readiness.applications]
        return ingest_policies(
            self.store, "contoso", self.api("graph"), exchange, accounts, self.tenant.now, apps
        )

    def land_traces(self, window: Window) -> None:
        traces = GraphTraces(self.api("graph"), self.tenant.now)
        for account in self.tenant.accounts:
            for page in traces.pages(account.primary, window):
                land(self.store, "contoso", arrow_rows(page, NOW), self.tenant.now, "graph")


@pytest.fixture
def caller(make_site: Callable[..., Site], tmp_path: Path) -> Iterator[Caller]:
    """The usual small tenant and an empty store."""
    site = make_site()
    with (
        open_store(tmp_path / "sources") as store,
        https_client(str(site.server.ca_file)) as client,
    ):
        yield Caller(site, store, client)


def invoiced(caller: Caller) -> dict[date, Decimal]:
    """Stored HVE dollars per day."""
    total: dict[date, Decimal] = {}
    for cost in newest_costs(caller.store, "contoso").values():
        if cost.is_hve and cost.cost:
            total[cost.day] = total.get(cost.day, Decimal(0)) + cost.cost
    return total


def charged(caller: Caller) -> dict[date, Decimal]:
    """What the subscription was charged for HVE since October."""
    rows = caller.tenant.azure.truth()["days"]
    amounts = {date.fromisoformat(row["day_utc"]): Decimal(row["amount_usd"]) for row in rows}
    return {day: amount for day, amount in amounts.items() if amount}


def assert_same_costs(caller: Caller) -> None:
    found, wanted = invoiced(caller), charged(caller)
    assert found.keys() == wanted.keys()
    # The service writes numbers as floats: the sixteenth digit is its own.
    assert all(abs(found[day] - wanted[day]) < Decimal("1e-12") for day in wanted)


def test_costs_are_those_of_the_subscription_also_a_day_later(caller: Caller) -> None:
    first = caller.costs()
    assert (first.status, first.rows_new) == ("ok", first.rows_read)
    assert_same_costs(caller)
    caller.tenant.advance(DAY)
    later = caller.costs()
    assert later.rows_new > 0
    assert later.rows_unchanged > 0
    assert_same_costs(caller)
    assert caller.costs().requests == 0
    again = caller.costs(forced=True)
    assert (again.rows_new, again.rows_changed) == (0, 0)


def test_costs_of_many_pages_and_a_link_to_itself(caller: Caller) -> None:
    caller.tenant.azure.page_rows, caller.tenant.azure.self_link = 7, True
    assert caller.costs().requests > 5
    assert_same_costs(caller)


def test_costs_are_complete_through_every_disturbance(caller: Caller) -> None:
    caller.tenant.azure.page_rows = 25
    caller.tenant.faults = DISTURBED
    assert caller.costs().status == "ok"
    assert_same_costs(caller)
    assert sum(caller.tenant.fault_counts.values()) > 0


def test_other_services_are_kept_but_not_called_hve(caller: Caller) -> None:
    caller.costs()
    costs = newest_costs(caller.store, "contoso").values()
    names = {cost.meter: cost.is_hve for cost in costs}
    assert names.pop(caller.tenant.azure.terms.names[3]) is True
    assert set(names.values()) == {False}


def test_a_resource_group_without_the_role_is_told(caller: Caller) -> None:
    caller.tenant.granted.discard(access.COSTS)
    result = caller.costs()
    assert (result.status, result.optional) == ("failed", False)
    assert "does not have authorization" in str(result.error)
    assert newest_costs(caller.store, "contoso") == {}


def test_a_named_client_is_not_throttled_by_the_crowd(caller: Caller) -> None:
    caller.tenant.azure.anonymous_requests_per_minute = 0
    assert caller.costs().throttled == 0


def test_list_prices_are_absent_or_kept(caller: Caller) -> None:
    api = PublicApi(caller.client, caller.site.server.endpoints["prices"])
    assert ingest_retail_prices(caller.store, "contoso", api, "USD", NOW).status == "ok"
    assert stored_rows(caller.store, RETAIL_PRICES, "contoso") == []
    caller.tenant.azure.price_listed = True
    ingest_retail_prices(caller.store, "contoso", api, "USD", NOW, forced=True)
    found = stored_rows(caller.store, RETAIL_PRICES, "contoso")
    mentions = any(
        "HVE" in name or "High Volume" in name for name in caller.tenant.azure.terms.names
    )
    assert len(found) == mentions
    assert all(row["retail_price"] in (Decimal("0.000042"), Decimal(42)) for row in found)


def logged(tenant: SimulatedTenant) -> set[str]:
    """Ids of all sign-ins of the last 30 days."""
    log, oldest = SignIns(tenant, tenant.seed), iso(tenant.now - 30 * DAY)
    return {
        row["id"]
        for principals in (False, True)
        for row in log.rows(tenant.clock, principals=principals)
        if row["createdDateTime"] >= oldest
    }


def stored_ids(caller: Caller) -> Counter[str]:
    return Counter(row["id"] for row in stored_rows(caller.store, SIGN_INS, "contoso"))


def test_sign_ins_are_those_of_the_log_each_once(caller: Caller) -> None:
    assert caller.sign_ins().status == "ok"
    assert stored_ids(caller) == Counter(logged(caller.tenant))
    caller.tenant.advance(DAY)
    later = caller.sign_ins()
    assert 0 < later.rows_new < later.rows_read
    assert logged(caller.tenant) <= stored_ids(caller).keys()
    assert set(stored_ids(caller).values()) == {1}


def test_sign_ins_are_complete_through_every_disturbance(caller: Caller) -> None:
    caller.tenant.faults = DISTURBED
    assert caller.sign_ins().status == "ok"
    assert stored_ids(caller) == Counter(logged(caller.tenant))


def test_sign_ins_name_account_source_and_outcome(caller: Caller) -> None:
    caller.sign_ins()
    rows = stored_rows(caller.store, SIGN_INS, "contoso")
    of_accounts = [row for row in rows if not row["is_service_principal"]]
    assert {row["account"] for row in of_accounts} <= {
        account.primary for account in caller.tenant.accounts
    }
    assert {row["client_app_used"] for row in of_accounts} <= {"SMTP", "Authenticated SMTP"}
    assert {row["error_code"] for row in of_accounts} >= {0, 50126}
    assert all(row["account"] is None for row in rows if row["is_service_principal"])


@pytest.mark.parametrize("premium", [True, False])
def test_without_licence_or_permission_sign_ins_are_unavailable(
    caller: Caller, *, premium: bool
) -> None:
    caller.tenant.premium = premium
    if premium:
        caller.tenant.granted.discard(access.SIGN_INS)
    result = caller.sign_ins()
    assert (result.status, result.optional) == ("ok", True)
    assert str(result.error).startswith("unavailable: ")
    assert stored_rows(caller.store, SIGN_INS, "contoso") == []


def test_policies_are_those_of_the_tenant(caller: Caller) -> None:
    assert caller.policies().status == "ok"
    newest, readiness = newest_policies(caller.store, "contoso"), caller.tenant.readiness
    defaults = newest["security_defaults", "tenant"].content
    assert defaults["isEnabled"] is readiness.security_defaults
    organization = newest["organization_config", "organization"].content
    assert organization["DefaultAuthenticationPolicy"] == readiness.default_policy
    for rule in readiness.policies:
        assert newest["conditional_access", rule["id"]].content["state"] == rule["state"]
    for account in caller.tenant.accounts:
        stored = newest["account_authentication", account.primary].content
        assert stored["AuthenticationPolicy"] == readiness.account_policies[account.primary]
        assert newest["directory_user", account.primary].content["assignedLicenses"] == []
    for application in readiness.applications:
        kept = newest["application", application["appId"]].content
        assert [credential["endDateTime"] for credential in kept["passwordCredentials"]] == [
            credential["endDateTime"] for credential in application["passwordCredentials"]
        ]


def test_members_of_named_groups_are_our_accounts_at_any_depth(caller: Caller) -> None:
    group, readiness = next(iter(caller.tenant.readiness.groups)), caller.tenant.readiness
    readiness.policies[0]["conditions"]["users"]["excludeGroups"] = [group]
    caller.policies()
    stored = newest_policies(caller.store, "contoso")["group_members", group].content
    wanted = [
        account.primary
        for account in caller.tenant.accounts
        if group in readiness.groups_of(account)
    ]
    assert stored["accounts"] == sorted(wanted)


def test_a_changed_policy_is_one_more_row(caller: Caller) -> None:
    caller.policies()
    assert caller.policies().rows_changed == 0
    rule = caller.tenant.readiness.policies[0]
    rule["state"] = "enabled" if rule["state"] == "disabled" else "disabled"
    later = caller.policies()
    assert (later.rows_new, later.rows_changed) == (0, 1)


def test_a_missing_permission_hides_its_part_alone(caller: Caller) -> None:
    caller.tenant.granted.discard(access.POLICIES)
    result = caller.policies()
    assert (result.status, result.optional) == ("ok", True)
    newest = newest_policies(caller.store, "contoso")
    assert "Policy.Read.All" in str(newest["security_defaults", None].unavailable_reason)
    assert newest["directory_user", caller.tenant.accounts[0].primary].document


def test_events_of_failed_rows_say_why_and_are_fetched_once(caller: Caller) -> None:
    caller.land_traces(Window(NOW - 3 * DAY, NOW))
    first = ingest_failed_events(caller.store, "contoso", caller.api("graph"), NOW, budget=5)
    assert (first.status, first.requests) == ("ok", 5)
    rows = stored_rows(caller.store, TRACE_EVENTS, "contoso")
    failures = [row for row in rows if row["event"] == "Fail"]
    assert len(failures) == 5
    assert all(row["description"].startswith("Reason: 55") for row in failures)
    second = ingest_failed_events(caller.store, "contoso", caller.api("graph"), NOW, budget=5)
    pairs = {(row["trace_id"], row["recipient"]) for row in rows}
    more = stored_rows(caller.store, TRACE_EVENTS, "contoso")
    assert {(row["trace_id"], row["recipient"]) for row in more} > pairs
    assert second.rows_new == len(more) - len(rows)


def test_an_unknown_pair_has_no_events(caller: Caller) -> None:
    pair = Pair("00000000-0000-0000-0000-000000000009", "nobody@contoso.com")
    result = ingest_trace_events(caller.store, "contoso", caller.api("graph"), [pair], NOW)
    assert (result.status, result.rows_read) == ("ok", 0)


@pytest.mark.parametrize("size", [5000, 40])
def test_the_cmdlet_gives_the_rows_of_graph(
    caller: Caller, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.exchange.message_traces_v2.RESULT_SIZE", size)
    exchange = TraceExchange(caller.api("exchange"), caller.tenant.tenant_id)
    by_cmdlet, by_graph = CmdletTraces(exchange, NOW), GraphTraces(caller.api("graph"), NOW)
    window = Window(NOW - 2 * DAY, NOW)
    counted = 0
    for account in caller.tenant.accounts:
        kinds = [
            {
                (row.id, str(row.recipient_address), row.status, row.subject, row.size, row.from_ip)
                for page in traces.pages(account.primary, window)
                for row in page
            }
            for traces in (by_cmdlet, by_graph)
        ]
        assert kinds[0] == kinds[1]
        counted += len(kinds[0])
    assert counted > 100
