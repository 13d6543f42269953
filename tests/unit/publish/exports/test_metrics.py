"""Metrics are strict OpenMetrics, hold no address, and change whole."""

from __future__ import annotations

import math
import stat
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from hve_monitor.config import Budget, Config, Metrics
from hve_monitor.errors import ConfigError, StoreError
from publish.exports.metrics import served, text, write
from tests.unit.publish.conftest import NOW, Desk, incident
from warehouse.records.accounts import Account, record_accounts
from warehouse.records.coverage import record_coverage
from warehouse.windows import Window

HR = "hr@contoso.com"


def samples(shown: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(shown)
        for sample in family.samples
    }


def test_data_of_which_nothing_was_read_is_infinitely_old(desk: Desk) -> None:
    desk.show(NOW)
    assert samples(text(desk.config(), NOW))["hve_data_age_seconds",] == math.inf


def test_the_store_is_told_in_strict_openmetrics_without_an_address(desk: Desk) -> None:
    record_accounts(desk.store, "contoso", [Account(HR, (HR,))], NOW, "exchange")
    window = Window(NOW - timedelta(days=1), NOW)
    record_coverage(desk.store.state, "contoso", "message_traces", HR, window)
    desk.show(NOW, incident(), incident(id="low", severity="low"))
    summary = {
        "sources": [{"tenant": "contoso", "source": "message_traces", "status": "failed"}],
        "alerts": {"held": 2, "due": 1, "given_up": 0},
    }
    desk.store.state.record_run(NOW, NOW + timedelta(seconds=5), summary)
    shown = text(desk.config(), NOW + timedelta(minutes=5))
    values = samples(shown)
    assert shown.endswith("# EOF\n")
    assert "@" not in shown
    assert values["hve_up",] == 1
    assert values["hve_data_age_seconds",] == 300
    assert values["hve_last_run_duration_seconds",] == 5
    assert values["hve_source_ok", "message_traces", "contoso"] == 0
    assert values["hve_incidents_open", "high", "contoso"] == 1
    assert values["hve_incidents_open", "medium", "contoso"] == 0
    assert values["hve_alerts_waiting", "due"] == 1
    assert ("hve_cost_month_to_date", "USD", "contoso") not in values, "nothing is known of it"


def test_without_a_store_there_is_one_metric(tmp_path: Path) -> None:
    config = Config(budgets=(Budget(name="all", amount=1),), warehouse={"path": tmp_path})  # type: ignore[arg-type]
    assert samples(text(config, NOW)) == {("hve_up",): 0.0}


def test_the_file_is_replaced_whole_and_everybody_may_read_it(desk: Desk, tmp_path: Path) -> None:
    desk.show(NOW, incident())
    file = tmp_path / "hve.prom"
    file.write_text("old", encoding="utf-8")
    write(desk.config(), NOW, file)
    assert samples(file.read_text(encoding="utf-8"))["hve_up",] == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert [sample.name for sample in tmp_path.iterdir() if sample.is_file()] == ["hve.prom"]


def test_a_place_that_cannot_be_written_is_one_line(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"gone/hve\.prom: cannot be written"):
        write(desk.config(), NOW, tmp_path / "gone" / "hve.prom")


def test_the_endpoint_answers_on_loopback_and_ends_with_the_block(desk: Desk) -> None:
    desk.show(NOW, incident())
    config = desk.config().model_copy(update={"metrics": Metrics(listen="127.0.0.1:0")})
    with served(config, lambda: NOW) as port:
        url = f"http://127.0.0.1:{port}/metrics"
        with urllib.request.urlopen(url) as answer:
            assert b"hve_up 1.0" in answer.read()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url)


def test_a_taken_port_is_one_line(desk: Desk) -> None:
    config = desk.config().model_copy(update={"metrics": Metrics(listen="127.0.0.1:0")})
    with served(config, lambda: NOW) as port:
        taken = config.model_copy(update={"metrics": Metrics(listen=f"127.0.0.1:{port}")})
        with pytest.raises(ConfigError, match=r"metrics\.listen"), served(taken, lambda: NOW):
            pass


def test_shards_are_told_together(desk: Desk) -> None:
    desk.show(NOW)
    config = desk.config()
    contoso = config.served[0]
    adatum = contoso.model_copy(update={"name": "adatum", "shard": "north"})
    shown = text(config.model_copy(update={"tenants": (contoso, adatum)}), NOW)
    values = samples(shown)
    assert shown.count("# TYPE hve_up gauge") == 1
    assert (values["hve_up", ""], values["hve_up", "north"]) == (1, 0)
    assert values["hve_tenant_data_age_seconds", "contoso"] == math.inf
    assert ("hve_tenant_data_age_seconds", "adatum") not in values, "nothing is known of it"
