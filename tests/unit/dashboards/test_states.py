"""Stores without rows, without a file, damaged, old, with gaps, or from files alone."""

from __future__ import annotations

import os
import re
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from actions.feedback import announce
from hve_monitor.config import Tenant, load_config
from models.build import build
from models.incidents.overspill import PlanFor
from tests.unit.dashboards.conftest import NEWS, NOW, TOML, Open, bodies, configured, tiles, words
from warehouse.store import open_store

NUMBER = re.compile('<td class="number">(.*?)</td>')
LONG_AGO = datetime.now(UTC) - timedelta(hours=3, minutes=1)
PAGES = ("overview", "spend", "senders", "delivery", "readiness", "health")


EXCHANGE = TOML.replace(
    'accounts = "files"',
    'tenant_id = "1"\nclient_id = "2"\nmanaged_identity = true\naccounts = "exchange"',
)


def commands(app: AppTest) -> list[str]:
    """The commands to copy, without the option that names the configuration."""
    return [code.value.partition(" --config ")[0] for code in app.code]


@pytest.mark.parametrize("page", [*PAGES, "plan"])
def test_a_missing_store_is_three_steps_to_copy(tmp_path: Path, opened: Open, page: str) -> None:
    app = opened(configured(tmp_path, EXCHANGE), page)
    assert not app.exception
    assert not app.error
    assert "Nothing was read yet" in words(app)
    assert commands(app) == ["hve doctor", "hve run", "hve run --every 15m", "hve demo"]
    assert app.code[0].value == f"hve doctor --config {tmp_path / 'hve.toml'}"


def test_where_rows_come_from_files_the_second_step_imports_them(
    tmp_path: Path, opened: Open
) -> None:
    app = opened(configured(tmp_path))
    assert commands(app) == ["hve doctor", "hve import FILE…", "hve cost", "hve demo"]


@pytest.mark.parametrize("page", [*PAGES, "plan"])
def test_an_empty_store_is_three_steps_on_every_page(
    tmp_path: Path, opened: Open, page: str
) -> None:
    file = configured(tmp_path, EXCHANGE)
    with open_store(tmp_path / "store") as store:
        store.state.record_run(NOW, NOW, {"now": "2026-11-24T12:00:00Z", "sources": []})
        build(store, [Tenant(name="contoso", accounts="files")], NOW, lambda *_: None)
    app = opened(file, page)
    assert not app.exception
    assert not app.error
    assert "No message was seen yet" in words(app)
    assert commands(app)[:3] == ["hve doctor", "hve run", "hve run --every 15m"]
    assert (page == "plan") == any(button.label == "Announce" for button in app.button)


def test_a_store_that_only_state_was_made_of_is_empty(tmp_path: Path, opened: Open) -> None:
    file = configured(tmp_path, EXCHANGE)
    with open_store(tmp_path / "store"):
        assert "Nothing was read yet" in words(opened(file))


def test_a_first_run_that_goes_on_or_failed_is_said(tmp_path: Path, opened: Open) -> None:
    file = configured(tmp_path, EXCHANGE)
    with open_store(tmp_path / "store") as store, store.tenant_lock("contoso"):
        assert "A first run is under way: it wrote something " in words(opened(file))
    for path in [tmp_path / "store", *(tmp_path / "store").rglob("*")]:
        os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    for _ in range(2):  # a look at state.db writes into the folder
        assert "began and did not end; nothing was written for 3 h. Start it again." in words(
            opened(file)
        )
    with open_store(tmp_path / "store") as store:
        store.state.use_quota("contoso", time.time(), 300.0)
        assert "A first run is under way: it wrote something " in words(opened(file))
        failed = {"source": "accounts", "status": "failed", "error": "no token"}
        sources = [{**failed, "tenant": name} for name in ("contoso", "another")]
        store.state.record_run(NOW, NOW, {"now": "2026-11-24T12:00:00Z", "sources": sources})
    app = opened(file)
    assert "The last run failed: contoso: no token" in words(app)
    assert "another" not in words(app)
    assert not app.error


@pytest.mark.parametrize("content", [b"", b"not a database", b"\0" * 40960])
def test_a_damaged_file_is_a_sentence(tmp_path: Path, opened: Open, content: bytes) -> None:
    file = configured(tmp_path)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "hve.duckdb").write_bytes(content)
    app = opened(file)
    assert not app.exception
    assert "The published file cannot be read" in words(app)
    assert "hve build" in words(app)


def test_a_cut_file_is_a_sentence(stored: Path, tmp_path: Path, opened: Open) -> None:
    file = configured(tmp_path)
    shutil.copytree(stored.with_name("store"), tmp_path / "store")
    published = tmp_path / "store" / "hve.duckdb"
    published.write_bytes(published.read_bytes()[: published.stat().st_size // 2])
    assert not opened(file).exception


@pytest.mark.parametrize(
    ("page", "lacking"),
    [
        ("overview", "marts.hve_incidents"),
        ("spend", "reference.price_book"),
        ("senders", "marts.hve_sources_daily"),
        ("delivery", "marts.hve_undelivered"),
        ("readiness", "marts.hve_findings"),
        ("plan", "marts.hve_usage_hourly"),
        ("health", "raw.policies"),
    ],
)
def test_a_panel_without_its_mart_is_a_sentence(
    own: Path, opened: Open, page: str, lacking: str
) -> None:
    """As in a file of an older release: the head is drawn, and what to do in the panel's place."""
    config = load_config(own)
    window = (NOW - timedelta(days=1), NOW)  # what was sent in it is counted from the hours
    announce(config, config.served[0], PlanFor(account=NEWS), window, 5, "", "ada", NOW)
    with duckdb.connect(own.with_name("store") / "hve.duckdb") as connection:
        connection.execute(f"drop table {lacking}")
    app = opened(own, page)
    assert not app.exception
    assert "The published file cannot be read" in words(app)
    assert lacking.partition(".")[2] in app.code[0].value
    assert "run 'hve build'" in app.code[0].value


def test_a_wrong_configuration_is_shown(tmp_path: Path, opened: Open) -> None:
    app = opened(configured(tmp_path, TOML.replace("amount", "amuont")))
    assert not app.exception
    assert "The configuration cannot be used" in words(app)
    assert "did you mean" in app.code[0].value


@pytest.mark.parametrize("page", ["overview", "delivery"])
def test_an_old_store_says_since_when(stored: Path, opened: Open, page: str) -> None:
    text = words(opened(stored, page, now=NOW + timedelta(days=3)))
    assert "numbers are 3 days old" in text
    assert "stale: as of 2026-11-24 12:00 UTC" in text
    assert "coverage incomplete" in text


def test_a_build_alone_makes_nothing_fresh(stored: Path, tmp_path: Path, opened: Open) -> None:
    """Built three days after the last reading: as old as that on every tile and in the head."""
    file, later = configured(tmp_path), NOW + timedelta(days=3)
    shutil.copytree(stored.with_name("store"), tmp_path / "store")
    with open_store(tmp_path / "store") as store:
        build(store, [Tenant(name="contoso", accounts="files")], later, lambda *_: None)
    overview, health = opened(file, now=later), opened(file, "health", now=later)
    for app in (overview, health):
        assert "stale: as of 2026-11-24 12:00 UTC" in words(app)
        assert "fresh" not in words(app)
    assert "3 days old" in next(part for part in bodies(overview) if "What was read" in part)
    assert tiles(health)["Age of the data"] == "3 days"
    assert "the last successful reading was 2026-11-24 12:00 UTC" in words(health)


def test_a_run_that_could_not_log_in_is_not_fresh(tmp_path: Path, opened: Open) -> None:
    file = configured(tmp_path, EXCHANGE)
    with open_store(tmp_path / "store") as store:
        store.state.record_now("contoso", NOW)
        build(store, [Tenant(name="contoso", accounts="files")], NOW, lambda *_: None)
        failed = {
            "source": "accounts",
            "tenant": "contoso",
            "status": "failed",
            "error": "no token",
        }
        store.state.record_run(NOW, NOW, {"now": "2026-11-24T12:00:00Z", "sources": [failed]})
    app = opened(file, "health")
    assert not app.exception
    shown = words(app)
    assert "never read" in shown
    assert "no token" in shown
    assert tiles(app)["Age of the data"] == "never read"
    assert tiles(app)["Settings not read"] == "unknown"


def test_an_unread_window_is_not_zero(stored: Path, opened: Open) -> None:
    app = opened(stored, now=NOW + timedelta(days=3))
    values = tiles(app)
    assert values["Recipients, last 24 h"] == "unknown"
    assert values["Recipients, last 7 days"].startswith("≥ ")
    assert "No incident is open" not in words(app)


@pytest.mark.parametrize("page", PAGES)
def test_gaps_are_named(gapped: Path, opened: Open, page: str) -> None:
    app = opened(gapped, page)
    assert not app.exception
    assert "coverage incomplete: 2 gaps" in words(app)
    gaps = next(frame.value for frame in app.dataframe if "from" in frame.value)
    assert [f"{begin:%Y-%m-%d}" for begin in gaps["from"]] == ["2026-11-10"] * 2


def test_nothing_found_beside_a_gap_is_no_finding(gapped: Path, opened: Open) -> None:
    text = words(opened(gapped, "delivery", recipient="nobody@contoso.com"))
    assert "Nothing found" in text
    assert "parts of the window were not read: it may exist" in text


@pytest.mark.parametrize("page", PAGES)
def test_rows_of_files_have_no_coverage(imported: Path, opened: Open, page: str) -> None:
    app = opened(imported, page)
    assert not app.exception
    assert "coverage unknown" in words(app)


def test_counts_without_a_status_are_unknown(imported: Path, opened: Open) -> None:
    app = opened(imported, period="Everything")
    values = tiles(app)
    assert values["Spent this month"] == "unknown"
    assert values["Delivery rate, 7 days"] == "unknown"
    assert "delivery unknown" in words(app)
    page = opened(imported, "delivery", period="Everything")
    rates = next(body for body in bodies(page) if "Delivery rates" in body)
    assert NUMBER.findall(rates)[3:] == [*["unknown"] * 5, "21"]
    assert "Whether the mail arrived is not known" in words(page)
    assert "Whether a recipient failed is not known" in words(page)


def test_before_the_last_run_the_page_says_which_time_it_shows(stored: Path, opened: Open) -> None:
    app = opened(stored, now=NOW - timedelta(days=2))
    assert not app.exception
    assert "as it was on 2026-11-22 12:00 UTC" in words(app)


def test_two_currencies_are_not_summed(stored: Path, tmp_path: Path, opened: Open) -> None:
    other = '[[tenants]]\nname = "fabrikam"\naccounts = "files"\ncurrency = "EUR"\n\n[[budgets]]'
    file = configured(tmp_path, TOML.replace("[[budgets]]", other))
    shutil.copytree(stored.with_name("store"), tmp_path / "store")
    app = opened(file)
    assert not app.exception
    assert "they bill in different currencies" in words(app)
    assert not opened(file, "spend").exception
    assert not opened(file, "spend", tenant="fabrikam").exception


def test_an_empty_period_is_empty_only_where_it_was_read(stored: Path, opened: Open) -> None:
    later = NOW + timedelta(days=10)
    for page, sentences in (
        ("overview", ["Nothing was sent in this period in what was read"]),
        ("senders", ["sent nothing in this period in what was read", "unknown recipients of"]),
        (
            "delivery",
            [
                "Nothing was sent in this period in what was read",
                "No recipient failed in this period in what was read",
                "or pending recipient in the period in what was read",
            ],
        ),
    ):
        text = words(opened(stored, page, now=later, period="7 days"))
        for sentence in sentences:
            assert sentence in text, page
