"""The whole pipeline against the simulated tenant: what is stored is what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import stamina

from actions.outcome import Outcome
from actions.run import RunSummary, run_once
from hve_monitor.config import Config
from hve_monitor.errors import FAILED, ConfigError
from ingest.source import SourceSummary
from models.usage.usage import usage_sums
from tests.contract.conftest import NOW, Site
from warehouse.reading import read_published

pytestmark = pytest.mark.contract
COUNTS = (
    "messages",
    "recipients",
    "delivered",
    "failed",
    "quarantined",
    "filtered_as_spam",
    "pending",
    "expanded",
    "other",
)


def quiet(_what: str, _step: int, _steps: int) -> None:
    """No progress."""


def usage(config: Config, now: datetime) -> dict[tuple[str, str], dict[str, Any]]:
    with read_published(config.warehouse.path, now) as published:
        rows = usage_sums(published, ["account", "day"])
    return {
        (str(row["account"]), str(row["day_utc"])): {name: row[name] for name in COUNTS}
        for row in rows
    }


def truth(site: Site) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (row["account"], row["day_utc"]): {name: row[name] for name in COUNTS}
        for row in site.tenant.truth()
    }


def traces(document: RunSummary) -> SourceSummary:
    (summary,) = [part for part in document.sources if part.source == "message_traces"]
    return summary


def test_usage_equals_the_truth_also_six_hours_later(first_run: tuple[Site, Outcome]) -> None:
    site, first = first_run
    config = site.config()
    assert first.exit_code == 0
    assert first.document.coverage.complete is True
    assert usage(config, NOW) == truth(site)

    site.tenant.advance(timedelta(hours=6))
    later = NOW + timedelta(hours=6)
    second = run_once(config, later, quiet)
    assert second.exit_code == 0
    assert traces(second.document).rows_new > 0
    assert traces(second.document).rows_changed > 0
    assert usage(config, later) == truth(site)


@pytest.mark.slow
def test_a_second_run_reads_little_and_changes_nothing(first_run: tuple[Site, Outcome]) -> None:
    site, outcome = first_run
    config, first = site.config(), traces(outcome.document)
    second = run_once(config, NOW, quiet)
    again = traces(second.document)
    assert again.rows_new == again.rows_changed == 0
    assert again.requests < first.requests / 3
    assert second.document.incidents_opened == 0
    assert usage(config, NOW) == truth(site)


@pytest.mark.slow
def test_expired_tokens_and_links_lose_nothing(make_site: Callable[..., Site]) -> None:
    site = make_site(staff=200)
    config = site.config()
    site.tenant.next_link_seconds = 0
    site.tenant.token_seconds = 1
    outcome = run_once(config, NOW, quiet)
    assert outcome.exit_code == 0
    assert usage(config, NOW) == truth(site)


@pytest.mark.slow
def test_the_quota_of_others_is_waited_for(site: Site) -> None:
    site.tenant.quota.requests = 40
    site.tenant.quota.window_seconds = 2
    config = site.config()
    with stamina.set_testing(False):
        outcome = run_once(config, NOW, quiet)
    assert traces(outcome.document).throttled > 0
    assert usage(config, NOW) == truth(site)


def test_a_list_of_addresses_needs_no_exchange(site: Site) -> None:
    account = site.tenant.accounts[0]
    listed = ", ".join(f'"{address.upper()}"' for address in account.addresses[:1])
    config = site.config(('"exchange"', f"[{listed}]"), ("/exchange", "/nowhere"))
    outcome = run_once(config, NOW, quiet)
    assert outcome.exit_code == 0
    assert {key[0] for key in usage(config, NOW)} == {account.addresses[0]}


def test_a_wrong_secret_is_told_in_entras_words(site: Site) -> None:
    (site.folder / "contoso.secret").write_text("wrong")
    outcome = run_once(site.config(), NOW, quiet)
    assert outcome.exit_code == FAILED
    assert "AADSTS7000215" in outcome.document.sources[0].error


def test_one_failing_source_does_not_stop_the_others(read_site: Site) -> None:
    broken = read_site.config(("/exchange", "/nowhere"))
    outcome = run_once(broken, NOW, quiet)
    states = {summary.source: summary.status for summary in outcome.document.sources}
    assert states["accounts"] == states["billing"] == "failed"
    assert states["message_traces"] == "ok"
    assert outcome.exit_code == 3


@pytest.mark.slow
def test_business_time_cannot_go_back(read_site: Site) -> None:
    config = read_site.config()
    with pytest.raises(ConfigError, match="cannot go back"):
        run_once(config, NOW - timedelta(hours=1), quiet)


@pytest.mark.slow
def test_a_clock_that_runs_ahead_of_microsofts_costs_minutes_not_the_run(site: Site) -> None:
    config = site.config()
    ahead = NOW + timedelta(minutes=3)
    outcome = run_once(config, ahead, quiet)
    assert outcome.exit_code == 0
    assert usage(config, ahead) == truth(site)
    gap = outcome.document.coverage.gaps[0]
    assert (gap.start, gap.end) == (NOW, ahead)
