"""Examines what a run needs, and says how to mend what is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal

from hve_monitor.clock import iso
from hve_monitor.config import Config, Tenant
from hve_monitor.errors import DONE, INCOMPLETE, HveError
from hve_monitor.pipeline import Outcome
from ingest.auth import EntraTokens
from ingest.exchange import Exchange
from ingest.graph_traces import PATH
from ingest.http import Api, Client, https_client
from ingest.tenant import EXCHANGE_PERMISSION, GRAPH_PERMISSION
from models.coverage import coverage_report
from warehouse.publication import published

LEAST_FREE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Check:
    """One thing examined; `fix` is empty when nothing is wrong."""

    check: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    fix: str = ""
    tenant: str | None = None


def examine(config: Config, now: datetime) -> Outcome:
    """Every check as JSON; exit 3 when one fails."""
    checks = [_configuration(config), _store(config), _disk(config), *_published(config, now)]
    with https_client(config.endpoints.ca_bundle) as client:
        for tenant in config.tenants:
            if tenant.accounts != "files":
                checks += list(_tenant(config, tenant, client, now))
    failed = any(check.status == "fail" for check in checks)
    document = {"checks": [asdict(check) for check in checks]}
    return Outcome(document, INCOMPLETE if failed else DONE)


def _configuration(config: Config) -> Check:
    names = ", ".join(tenant.name for tenant in config.tenants)
    if names:
        return Check("configuration", "ok", f"tenants: {names}")
    return Check(
        "configuration",
        "warn",
        "no tenant is configured; only files can be imported",
        "write hve.toml, see 'Connect your tenant' in README.md",
    )


def _store(config: Config) -> Check:
    path = config.warehouse.path
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".probe-{os.getpid()}"
        probe.write_text("x", encoding="utf-8")
        probe.unlink()
    except OSError as error:
        return Check("store", "fail", f"{path}: {error.strerror}", "check warehouse.path")
    return Check("store", "ok", f"{path.resolve()} is writable")


def _disk(config: Config) -> Check:
    try:
        free = shutil.disk_usage(config.warehouse.path).free
    except OSError as error:
        return Check("disk", "fail", str(error), "check warehouse.path")
    detail = f"{free / 1e9:.1f} GB free"
    if free < LEAST_FREE_BYTES:
        return Check("disk", "fail", detail, "free at least 1 GB, or move warehouse.path")
    return Check("disk", "ok", detail)


def _published(config: Config, now: datetime) -> Iterator[Check]:
    try:
        with published(config.warehouse.path) as connection:
            report = coverage_report(connection, now)
    except HveError as error:
        yield Check("coverage", "warn", str(error), "hve run")
        return
    if report["complete"] is False:
        detail = f"{len(report['gaps'])} windows were not read; data as of {report['as_of']}"
        yield Check("coverage", "fail", detail, "hve run")
    else:
        yield Check("coverage", "ok", f"no gap is known; data as of {report['as_of']}")


def _tenant(config: Config, tenant: Tenant, client: Client, now: datetime) -> Iterator[Check]:
    tokens, ends = EntraTokens(tenant, config.endpoints, client), config.endpoints

    def graph() -> str:
        api = Api(client, tokens, ends.graph, ends.graph_scope, GRAPH_PERMISSION)
        window = f"receivedDateTime ge {iso(now - timedelta(hours=1))}"
        window += f" and receivedDateTime le {iso(now)}"
        api.get(ends.graph + PATH, {"$filter": window, "$top": "1"})
        return "message traces can be read"

    def exchange() -> str:
        api = Api(client, tokens, ends.exchange, ends.exchange_scope, EXCHANGE_PERMISSION)
        found = Exchange(api, tenant.tenant_id).rows("Get-MailUser", HVEAccount=True)
        return f"{len(found)} HVE accounts are listed"

    yield _attempt("message traces", tenant, graph, f"grant: {GRAPH_PERMISSION}")
    if tenant.accounts == "exchange":
        fix = f"grant: {EXCHANGE_PERMISSION}; or list the addresses under accounts"
        yield _attempt("accounts", tenant, exchange, fix)


def _attempt(check: str, tenant: Tenant, action: Callable[[], str], fix: str) -> Check:
    try:
        return Check(check, "ok", action(), tenant=tenant.name)
    except HveError as error:
        return Check(check, "fail", str(error), fix, tenant.name)
