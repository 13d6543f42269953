"""Every permission of a tenant: granted or missing, found out by trying, and what needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from actions.doctor.check import DoctorCheck, check
from actions.doctor.credentials import Credentials
from hve_monitor.clock import iso
from hve_monitor.config import Config, Tenant
from hve_monitor.errors import AuthError, HveError
from hve_monitor.https import Client
from ingest.azure import costs as azure_costs
from ingest.azure.cost_query import CostQuery
from ingest.entra import policies as directory_policies
from ingest.entra import sign_ins
from ingest.entra.tokens import EntraTokens
from ingest.exchange.cmdlets import Exchange
from ingest.graph.traces import PATH
from ingest.http import Api, RequestRefused
from ingest.read_tenant import EXCHANGE_PERMISSION, GRAPH_PERMISSION
from warehouse.records.costs import CostRange

TRACE_APP = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"
NOBODY = "00000000-0000-0000-0000-000000000000"
NOT_FOUND = 404


@dataclass(frozen=True)
class Feature:
    """Something that a permission allows. Without a vital one there is nothing to show."""

    name: str
    permission: str
    needs: str
    try_it: Callable[[], str]
    is_vital: bool = False


@dataclass(frozen=True)
class Permissions:
    """The permissions of one tenant's application."""

    config: Config
    tenant: Tenant
    client: Client
    now: datetime

    def checks(self) -> Iterator[DoctorCheck]:
        """Credentials first; without a token there is nothing else to try."""
        tokens = EntraTokens(self.tenant, self.config.endpoints, self.client)
        credentials = Credentials(self.config, self.tenant, self.client, tokens)
        for credential in credentials.checks():
            yield credential
            if credential.check == "credentials" and credential.status == "fail":
                return
        roles = credentials.roles()
        for feature in self._features(tokens):
            yield self._examine(feature, roles)
        if self.tenant.client_secret_file is not None:
            api = self._graph(tokens, "Application.Read.All")
            yield credentials.secret_expiry(api, self.now)

    def _features(self, tokens: EntraTokens) -> Iterator[Feature]:
        yield Feature(
            "message traces", "ExchangeMessageTrace.Read.All", GRAPH_PERMISSION,
            lambda: self._traces(self._graph(tokens, GRAPH_PERMISSION)), is_vital=True,
        )  # fmt: skip
        if self.tenant.accounts == "exchange":
            yield Feature(
                "accounts", "Exchange.ManageAsApp", EXCHANGE_PERMISSION,
                lambda: self._accounts(tokens), is_vital=True,
            )  # fmt: skip
        for name, permission, path in self._graph_paths():
            needs = directory_policies.PERMISSION.format(name=permission)
            if permission == "AuditLog.Read.All":
                needs = sign_ins.PERMISSION
            yield Feature(name, permission, needs, self._reading(tokens, permission, path))
        for scope in self.tenant.azure_scopes:
            yield Feature(
                f"cost of {scope}", "Cost Management Reader", azure_costs.PERMISSION,
                lambda scope=scope: self._cost(tokens, scope),  # type: ignore[misc] # bound now
            )  # fmt: skip

    def _graph_paths(self) -> Iterator[tuple[str, str, str]]:
        """(feature, permission, what to read); nobody's group or user is asked for, not found."""
        yield "sign-ins", "AuditLog.Read.All", f"{sign_ins.USERS}?$top=1"
        yield "security defaults", "Policy.Read.All", directory_policies.DEFAULTS_PATH
        yield "conditional access", "Policy.Read.All", directory_policies.CONDITIONAL_PATH
        members = f"/v1.0/groups/{NOBODY}/transitiveMembers"
        yield "members of its groups", "GroupMember.ReadBasic.All", members
        yield "licences of accounts", "User.Read.All", f"/v1.0/users/{NOBODY}"
        applications = f"/v1.0/applications?$filter=appId eq '{NOBODY}'"
        yield "applications of accounts", "Application.Read.All", applications

    def _examine(self, feature: Feature, roles: frozenset[str] | None) -> DoctorCheck:
        named = (
            "" if roles is None or "." not in feature.permission else self._named(feature, roles)
        )
        try:
            detail = f"{feature.permission}: granted; {feature.try_it()}"
        except HveError as error:
            status, fix = ("fail" if feature.is_vital else "warn"), _fix(feature, error)
            state = "missing" if isinstance(error, AuthError) else "not usable"
            detail = f"{feature.permission}: {state}{named}; {error}"
            return check(feature.name, status, detail, fix, self.tenant.name)  # type: ignore[arg-type] # warn or fail
        return check(feature.name, "ok", detail, tenant=self.tenant.name)

    def _named(self, feature: Feature, roles: frozenset[str]) -> str:
        is_there = feature.permission in roles
        return f" (the token {'names' if is_there else 'does not name'} it)"

    def _graph(self, tokens: EntraTokens, needed: str) -> Api:
        ends = self.config.endpoints
        return Api(self.client, tokens, ends.graph, ends.graph_scope, needed)

    def _traces(self, api: Api) -> str:
        window = f"receivedDateTime ge {iso(self.now - timedelta(hours=1))}"
        window += f" and receivedDateTime le {iso(self.now)}"
        api.get(api.base + PATH, {"$filter": window, "$top": "1"})
        return "message traces can be read"

    def _accounts(self, tokens: EntraTokens) -> str:
        ends = self.config.endpoints
        api = Api(self.client, tokens, ends.exchange, ends.exchange_scope, EXCHANGE_PERMISSION)
        accounts = Exchange(api, self.tenant.tenant_id).rows("Get-MailUser", HVEAccount=True)
        return f"{len(accounts)} HVE accounts are listed"

    def _reading(self, tokens: EntraTokens, permission: str, path: str) -> Callable[[], str]:
        def read() -> str:
            api = self._graph(tokens, permission)
            try:
                api.get(api.base + path)
            except RequestRefused as error:
                if error.status != NOT_FOUND:
                    raise
            return "can be read"

        return read

    def _cost(self, tokens: EntraTokens, scope: str) -> str:
        ends = self.config.endpoints
        api = Api(self.client, tokens, ends.azure, ends.azure_scope, azure_costs.PERMISSION)
        today = self.now.date()
        CostQuery(api, CostRange(scope, today, today)).costs()
        return "cost rows can be read"


def _fix(feature: Feature, error: HveError) -> str:
    """What to do about a refusal, in the words of the portal or of a cmdlet."""
    if TRACE_APP in str(error) and "not found" in str(error):
        return f"New-MgServicePrincipal -AppId {TRACE_APP}; Microsoft needs some hours to let it in"
    if isinstance(error, AuthError):
        return f"grant: {feature.needs}" + (
            "" if feature.is_vital else f"; or live without {feature.name}"
        )
    return "see the message; try again later"
