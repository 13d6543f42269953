"""Every fault of the service has an answer, and the store ends with the truth."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from actions.doctor.examine import examine
from actions.run import run_once
from hve_monitor.config import Config
from models.cost.spend import spend
from models.overview.tenants import tenant_summaries
from models.usage.usage import usage_report
from simulator import SimulatedTenant
from simulator.world.access import COSTS
from tests.contract.conftest import NOW, Site
from tests.contract.test_pipeline import quiet, traces, truth, usage
from tests.simulated import Faults
from tests.unit.ingest.powershell.test_session import Machine
from warehouse.reading import read_published

pytestmark = pytest.mark.contract
FIVE_PERCENT = {
    "rate_429": 0.05,
    "rate_503": 0.05,
    "rate_reset": 0.05,
    "rate_truncated": 0.05,
    "rate_expired_link": 0.05,
}


def contents(config: Config) -> bytes:
    """Every byte below the store."""
    root: Path = config.warehouse.path
    return b"".join(file.read_bytes() for file in root.rglob("*") if file.is_file()).lower()


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))]
)
def test_five_percent_of_every_fault_lose_and_double_nothing(
    make_site: Callable[..., Site], seed: int
) -> None:
    site = make_site(staff=120, faults=Faults(seed=seed, **FIVE_PERCENT))
    site.tenant.token_seconds = 2
    config = site.config()
    for hours in (0, 1, 2):
        site.tenant.move_to(NOW + timedelta(hours=hours))
        outcome = run_once(config, site.tenant.now, quiet)
        assert traces(outcome.document).status == "ok"
    assert sum(site.tenant.fault_counts.values()) > 20
    assert usage(config, site.tenant.now) == truth(site)


@pytest.mark.slow
def test_mail_of_other_senders_never_reaches_the_disk(make_site: Callable[..., Site]) -> None:
    site = make_site(other_senders=30)
    config = site.config(("share = 1.0", "share = 1.0\nallow_unfiltered = true"))
    requests = []
    for hours in (0, 1, 2, 3):
        site.tenant.move_to(NOW + timedelta(hours=hours))
        requests.append(traces(run_once(config, site.tenant.now, quiet).document).requests)
    assert usage(config, site.tenant.now) == truth(site)
    assert requests[-1] < len(site.tenant.accounts), "one query for everyone, once it is trusted"
    assert b"private" not in contents(config)


@pytest.mark.slow
def test_accounts_with_a_domain_of_their_own_cost_one_query(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(domain_of_accounts="hve.contoso.com")
    config = site.config()
    for hours in (0, 1, 2):
        site.tenant.move_to(NOW + timedelta(hours=hours))
        outcome = run_once(config, site.tenant.now, quiet)
    asked = [request for request in site.tenant.requests if request.path.endswith("messageTraces")]
    assert traces(outcome.document).requests <= 2
    assert "*@hve.contoso.com" in asked[-1].query.replace("%40", "@").replace("%2A", "*")
    assert usage(config, site.tenant.now) == truth(site)


@pytest.mark.slow
@pytest.mark.parametrize("refusal", [401, 403])
def test_the_exchange_cmdlet_stands_in_where_graph_refuses(site: Site, refusal: int) -> None:
    site.tenant.graph_refused = refusal
    config = site.config()
    outcome = run_once(config, NOW, quiet)
    assert traces(outcome.document).status == "ok"
    assert usage(config, NOW) == truth(site)


def test_graph_refused_and_no_exchange_names_the_permission(site: Site) -> None:
    site.tenant.graph_refused = 403
    listed = f'["{site.tenant.accounts[0].primary}"]'
    outcome = run_once(site.config(('"exchange"', listed)), NOW, quiet)
    assert outcome.exit_code == 3
    assert "ExchangeMessageTrace.Read.All" in (traces(outcome.document).error or "")


def collected(tenant: SimulatedTenant) -> dict[str, object]:
    """What the script of `hve collect` would write for the tenant."""
    accounts = [
        {
            "PrimarySmtpAddress": account.primary,
            "EmailAddresses": [f"smtp:{a}" for a in account.addresses],
        }
        for account in tenant.accounts
    ]
    billing = [
        {"Identity": account.primary, "BillingPolicyStatus": "Valid"} for account in tenant.accounts
    ]
    return {"kind": "hve-collect", "version": 1, "accounts": accounts, "billing": billing}


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a POSIX script")
def test_powershell_stands_in_where_the_exchange_endpoint_refuses(
    small_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(tmp_path)
    machine.writes(collected(small_site.tenant))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    small_site.tenant.exchange_refused = True
    organization = 'accounts = "exchange"\nexchange_organization = "contoso.onmicrosoft.com"'
    config = small_site.config(('accounts = "exchange"', organization))
    sources = run_once(config, NOW, quiet).document.sources
    status = {summary.source: summary.status for summary in sources}
    assert (status["accounts"], status["billing"]) == ("ok", "ok")
    assert len(machine.runs) == 1
    assert usage(config, NOW) == truth(small_site)


def test_permissions_that_are_not_granted_fail_nothing(small_site: Site) -> None:
    small_site.tenant.granted = {"ExchangeMessageTrace.Read.All", "Exchange.ManageAsApp", COSTS}
    outcome = run_once(small_site.config(), NOW, quiet)
    assert outcome.exit_code == 0
    told = {summary.source: summary.error for summary in outcome.document.sources}
    assert told["sign_ins"].startswith("unavailable: ")
    assert "AuditLog.Read.All" in told["sign_ins"]
    assert "Policy.Read.All" in told["policies"]


@pytest.mark.slow
def test_the_trouble_of_one_tenant_is_not_the_others(site: Site) -> None:
    text = site.file.read_text(encoding="utf-8")
    start, end = text.index("[[tenants]]"), text.index("[endpoints]")
    strange = text[start:end].replace('name = "contoso"', 'name = "fabrikam"')
    strange = strange.replace(site.tenant.tenant_id, "00000000-0000-0000-0000-00000000dead")
    config = site.config(("[endpoints]", strange + "[endpoints]"))
    outcome = run_once(config, NOW, quiet)
    states = {
        (summary.tenant, summary.source): summary.status for summary in outcome.document.sources
    }
    assert states["contoso", "message_traces"] == "ok"
    assert states["fabrikam", "accounts"] == "failed"
    assert outcome.exit_code == 3
    assert usage(config, NOW) == truth(site)


@pytest.mark.slow
def test_the_secret_is_nowhere_in_the_store(read_site: Site) -> None:
    config = read_site.config()
    assert read_site.tenant.client_secret.lower().encode() not in contents(config)
    if os.name != "nt":
        assert config.warehouse.path.stat().st_mode & 0o077 == 0


def test_a_first_reading_that_is_refused_half_way_is_incomplete_everywhere(site: Site) -> None:
    """Today and ten days, then 403; the next run reads the rest."""
    hr = site.tenant.accounts[0].primary
    config = site.config(('"exchange"', f'["{hr}"]'))

    def refuse(*_: object) -> None:
        answered = [
            request for request in site.tenant.requests if request.path.endswith("messageTraces")
        ]
        site.tenant.graph_refused = 403 if len(answered) >= 2 else None

    outcome = run_once(config, NOW, refuse)
    today = NOW.replace(hour=0)
    start, end = today - timedelta(days=90), today - timedelta(days=10)
    (gap,) = outcome.document.coverage.gaps
    assert outcome.exit_code == 3
    assert outcome.document.coverage.complete is False
    assert (gap.address, gap.start, gap.end) == (hr, start, end)
    assert said(config) == {"usage": False, "cost": False, "tenants": False, "doctor": "fail"}

    site.tenant.graph_refused = None
    again = run_once(config, NOW, quiet)
    assert (again.exit_code, again.document.coverage.complete) == (0, True)
    assert said(config) == {"usage": True, "cost": True, "tenants": True, "doctor": "ok"}


def said(config: Config) -> dict[str, object]:
    """What the commands say of the coverage."""
    with read_published(config.warehouse.path, NOW) as published:
        usage_report_of = usage_report(published, ["account"])
    (tenant,) = tenant_summaries(config, NOW).tenants
    checks = {check.check: check.status for check in examine(config, NOW).document.checks}
    return {
        "usage": usage_report_of.coverage.complete,
        "cost": spend(config, NOW).coverage.complete,
        "tenants": tenant.coverage.complete,
        "doctor": checks["coverage"],
    }


def test_a_run_that_cannot_log_in_reads_nothing(small_site: Site) -> None:
    config = small_site.config(("/login", "/nowhere"))
    outcome = run_once(config, NOW, quiet)
    assert outcome.exit_code != 0
    assert outcome.document.coverage.complete is False
    (tenant,) = tenant_summaries(config, NOW).tenants
    assert (tenant.read_at, tenant.fresh) == (None, None)
    assert tenant.error
