"""Several tenants side by side: the page says what `hve tenants` and each tenant's commands say."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from cli.main import app as cli
from dashboards.delivery.timeline import queue
from dashboards.overview.tenants import _incidents, tenant_table
from dashboards.parts.amounts import count, exact
from dashboards.session import access, acts, readings
from dashboards.session import view as view_module
from dashboards.session.access import RefusedError, User
from dashboards.session.view import View
from dashboards.spend.downloads import focus_bytes
from hve_monitor.config import load_config
from hve_monitor.document import encoded
from hve_monitor.errors import ConfigError
from ingest.graph.trace_pages import COLUMNS
from models.build import build
from models.cost.spend import spend
from models.delivery.timeline import EventRequest
from models.incidents.cards import incident_cards
from models.overview.tenants import tenant_summaries
from models.usage.coverage import SOURCE, coverage_report
from models.usage.usage import window_usage
from tests.unit.dashboards.conftest import (
    FIRST,
    HR,
    NOW,
    Open,
    _land,
    _read,
    _row,
    _traffic,
    bodies,
    configured,
    unfolded,
    words,
)
from warehouse.reading import Published, published_connection, read_published
from warehouse.records.accounts import Account, record_accounts
from warehouse.records.coverage import record_coverage
from warehouse.records.message_traces import land
from warehouse.store import open_store
from warehouse.windows import Window

OTHER = "fabrikam"
BOSS = "boss@fabrikam.com"
TOML = """\
[warehouse]
path = "store"

[[tenants]]
name = "contoso"
accounts = "files"

[[tenants]]
name = "fabrikam"
accounts = "files"

[[tenants]]
name = "newcomer"
accounts = "files"

[[budgets]]
name = "small"
tenant = "fabrikam"
amount = 0.0001
"""


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A busy tenant, one with a gap and a passed budget, and one that was never read."""
    file = configured(tmp_path_factory.mktemp("several"), TOML)
    config = load_config(file)
    with open_store(file.with_name("store")) as store:
        _land(store, _traffic())
        _read(store, Window(FIRST, NOW))
        store.state.record_now(OTHER, NOW - timedelta(hours=3))
        rows = [
            _row(f"f{n}", BOSS, NOW - timedelta(days=2, minutes=n), "Hello")
            | {"recipient": "staff@fabrikam.com"}
            for n in range(9)
        ]
        table = pa.Table.from_pylist(rows, schema=COLUMNS)
        land(store, OTHER, table, NOW - timedelta(hours=3), "graph")
        record_accounts(
            store, OTHER, [Account(BOSS, (BOSS,))], NOW - timedelta(hours=3), "exchange"
        )
        record_coverage(store.state, OTHER, SOURCE, BOSS, Window(FIRST, NOW - timedelta(days=1)))
        build(store, config.served, NOW, lambda *_: None)
    return file


def test_each_row_is_what_the_commands_of_the_tenant_say(several: Path) -> None:
    config, hour = load_config(several), NOW.replace(minute=0)
    rows = {row["tenant"]: row for row in encoded(tenant_summaries(config, NOW))["tenants"]}
    assert len(rows) == 3
    for name in ("contoso", OTHER):
        row, report = rows[name], encoded(spend(config, NOW, name))
        assert row["month_to_date"] == report["month_to_date"]["cost"]
        assert row["month_end"] == report["projection"]["month_end"]
        with published_connection(config.warehouse.path) as connection:
            week = window_usage(Published(connection, hour, name), hour - timedelta(days=7), hour)
            cards = incident_cards(Published(connection, NOW, name), status="open")
            coverage = coverage_report(Published(connection, NOW, name))
        assert row["recipients_7d"] == week["recipients"].sum() > 0
        assert row["open_incidents"] == len(cards)
        known = len(coverage.gaps) or (0 if coverage.complete else None)
        assert row["coverage"] == {"complete": coverage.complete, "gaps": known}
    assert rows[OTHER]["fresh"] is False
    assert rows[OTHER]["budget"]["name"] == "small"
    assert rows[OTHER]["budget"]["passed_on"] == "2026-11-22"


def test_what_is_unknown_is_null_and_trouble_comes_first(several: Path) -> None:
    rows = encoded(tenant_summaries(load_config(several), NOW))["tenants"]
    assert rows[0]["tenant"] == "contoso"
    unread = next(row for row in rows if row["tenant"].startswith("new"))
    assert unread["read_at"] is unread["fresh"] is unread["recipients_24h"] is None
    assert next(row for row in rows if row["tenant"] == OTHER)["recipients_24h"] is None


def view_of(file: Path) -> View:
    return View(load_config(file), "1", NOW, NOW)


def is_side_by_side(app: AppTest) -> bool:
    """Whether the table of tenants is drawn."""
    return any("recipients_7d" in frame.value for frame in app.dataframe)


def test_the_table_of_tenants_sorts_by_what_it_means(several: Path) -> None:
    rows = tenant_summaries(load_config(several), NOW).tenants
    table, texts = tenant_table(view_of(several), rows)
    order = table.sort_values("coverage")["tenant"].tolist()
    assert order[0] == "contoso"
    assert order[-1] == "newcomer"
    assert texts["coverage"][rows.index(next(row for row in rows if row.tenant == OTHER))] == (
        "▲ 1 gap"
    )
    assert table["read"].tolist()[0] == 0
    incidents = table.set_index("tenant")["incidents"]
    assert incidents["contoso"] > incidents[OTHER] == 0


def test_tenants_are_filtered_by_name_and_need(several: Path, opened: Open) -> None:
    app = opened(several)
    app.text_input(key="tenant-name").input("FABRI").run()
    drawn = [frame.value for frame in app.dataframe if "recipients_7d" in frame.value]
    assert [table["tenant"].tolist() for table in drawn] == [[OTHER]]


def test_every_account_names_its_tenant_where_all_are_shown(several: Path, opened: Open) -> None:
    app = opened(several)
    accounts = next(body for body in bodies(app) if 'aria-label="Largest accounts"' in body)
    assert "<th>Tenant</th>" in accounts
    assert f"account=boss%40fabrikam.com&amp;tenant={OTHER}&amp;link=1" in accounts
    alone = opened(several, tenant=OTHER)
    accounts = next(body for body in bodies(alone) if 'aria-label="Largest accounts"' in body)
    assert "<th>Tenant</th>" not in accounts
    spend = next(frame for frame in opened(several, "spend").dataframe if "share" in frame.value)
    owners = dict(zip(spend.value["account"], spend.value["tenant"], strict=True))
    assert owners[BOSS] == OTHER
    assert owners[HR] == "contoso"


def test_beside_a_tenant_that_was_never_read_nothing_is_whole(several: Path) -> None:
    config = load_config(several)
    both = View(config.only(frozenset({"contoso", "newcomer"})), "1", NOW, NOW)
    alone = both.narrowed(tenant="contoso")
    window, days = (NOW - timedelta(days=1), NOW), (NOW.date() - timedelta(days=1), NOW.date())
    assert (readings.is_whole(alone, *window), readings.is_whole(both, *window)) == (True, False)
    assert readings.unread_days(alone, *days) == frozenset()
    assert readings.unread_days(both, *days) == frozenset(days)


def test_what_was_not_delivered_names_its_tenant_where_all_are_shown(
    several: Path, opened: Open
) -> None:
    def table(**query: str) -> Any:
        app = unfolded(opened(several, "delivery", period="Everything", **query))
        return next(frame.value for frame in app.dataframe if "recipient_domain" in frame.value)

    assert set(table()["tenant"]) == {"contoso"}
    assert "tenant" not in table(tenant="contoso")


def test_the_page_is_the_command(several: Path, opened: Open) -> None:
    arguments = ["tenants", "--json", "--config", str(several), "--now", NOW.isoformat()]
    done = CliRunner().invoke(cli, arguments)
    app = opened(several)
    assert not app.exception
    drawn = next(frame.value for frame in app.dataframe if "recipients_7d" in frame.value)
    table, texts = tenant_table(
        view_of(several), tenant_summaries(load_config(several), NOW).tenants
    )
    documents = json.loads(done.stdout)["tenants"]
    assert drawn["tenant"].tolist() == [row["tenant"] for row in documents]
    for place, row in enumerate(documents):
        bound = "≥ " if row["recipients_7d"] and row["whole_7d"] is False else ""
        assert texts["recipients_7d"][place] == f"{bound}{count(row['recipients_7d'])}"
        spent = exact(row["month_to_date"])
        is_part = row["unread_days"] or row["unknown_recipients"]
        assert table["spent"][place] == (
            f"≥ {spent}" if is_part and row["month_to_date"] else spent
        )
    assert "1 of 3 tenants has open incidents" in words(app)


def test_a_tenant_is_one_click_away_and_stays_chosen(several: Path, opened: Open) -> None:
    app = opened(several)
    next(button for button in app.button if button.label == f"Open {OTHER}").click().run()
    assert app.selectbox(key="tenant").value == OTHER
    assert not is_side_by_side(app)
    assert HR not in words(app)
    assert BOSS in words(app)


def test_of_very_many_tenants_the_table_alone_is_drawn(
    several: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view_module, "MOST_LIVE", 2)
    app = opened(several)
    assert not app.exception
    assert is_side_by_side(app)
    assert not any('aria-label="Largest accounts"' in body for body in bodies(app))
    alone = opened(several, tenant=OTHER)
    assert any('aria-label="Largest accounts"' in body for body in bodies(alone))


def test_of_a_tenant_that_was_never_read_nothing_is_known(several: Path) -> None:
    rows = tenant_summaries(load_config(several), NOW).tenants
    _, texts = tenant_table(view_of(several), rows)
    place = [row.tenant for row in rows].index("newcomer")
    assert (texts["incidents"][place], texts["budget"][place]) == ("? unknown", "? unknown")


PAGES = ("overview", "spend", "senders", "delivery", "readiness", "plan")
LOGIN = """
[auth]
roles = { finops = ["Fin"], security = ["SOC"], mail = ["Mail"] }
tenants = { contoso = ["Contoso"], fabrikam = ["Fabrikam"] }
"""


@pytest.fixture
def customer(several: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Logs somebody in who holds every role but an administrator's, of these tenants."""

    def logged_in(*tenants: str) -> Path:
        file = tmp_path / "hve.toml"
        place = several.with_name("store").as_posix()
        text = several.read_text(encoding="utf-8").replace('path = "store"', f'path = "{place}"')
        file.write_text(text + LOGIN, encoding="utf-8")
        said = {"is_logged_in": True, "iat": time.time(), "name": "grace"}
        held = {"roles": ["Fin", "SOC", "Mail", *tenants]}
        monkeypatch.setattr(access, "claims", lambda: said | held)
        return file

    return logged_in


@pytest.mark.parametrize("page", PAGES)
def test_a_customer_sees_no_other_tenant_on_any_page(
    customer: Callable[..., Path], opened: Open, page: str
) -> None:
    app = opened(customer("Fabrikam"), page)
    assert not app.exception
    shown = " ".join(
        [words(app), *bodies(app), *(str(selectbox.options) for selectbox in app.selectbox)]
    )
    assert "contoso" not in shown.lower().replace("p-…@contoso.com", "")
    assert "newcomer" not in shown


def test_two_of_three_tenants_are_looked_at_one_at_a_time(
    customer: Callable[..., Path], opened: Open
) -> None:
    app = opened(customer("Fabrikam", "Contoso"))
    assert app.selectbox(key="tenant").options == ["contoso", OTHER]
    assert not is_side_by_side(app)
    assert BOSS not in words(app)
    app.selectbox(key="tenant").select(OTHER).run()
    assert BOSS in words(app)


def test_without_a_tenant_nobody_enters(customer: Callable[..., Path], opened: Open) -> None:
    assert "has no tenant here" in words(opened(customer()))


def test_acts_on_another_tenant_are_refused(customer: Callable[..., Path]) -> None:
    config = load_config(customer("Fabrikam"))
    with read_published(config.warehouse.path, NOW, "contoso") as published:
        foreign = incident_cards(published)[0].id
    user = User("grace", frozenset({"security"}), tenants=frozenset({OTHER}))
    view = View(config.only(user.tenants), "1", NOW, NOW, tenant=OTHER, user=user)
    with pytest.raises(ConfigError, match=foreign):
        acts.judge(view, [foreign], "confirmed", "I say so")
    window = NOW, NOW + timedelta(hours=1)
    with pytest.raises(RefusedError, match="contoso"):
        acts.announce(view, config.tenants[0], (HR, None, False), window, 9, "")
    with pytest.raises(RefusedError, match="is no plan of"):
        acts.withdraw(view, "plan-of-contoso")
    mail = view.narrowed(user=replace(user, roles=frozenset({"mail"})))
    with pytest.raises(RefusedError, match="contoso"):
        queue(mail, [EventRequest("contoso", "id", "ada@contoso.com")])
    finops = view.narrowed(user=replace(user, roles=frozenset({"finops"})), tenant=None)
    with pytest.raises(RefusedError, match="all tenants"):
        focus_bytes(finops, "2026-11", "focus.csv", invoiced=False)
    with pytest.raises(RefusedError, match="spend"):
        focus_bytes(view, "2026-11", "focus.csv", invoiced=False)


@pytest.mark.parametrize(
    ("highest", "unjudged", "sentence"),
    [
        (None, 0, "none"),
        (None, 2, "none open; 2 high ones ended, not judged"),
        ("low", 2, "1, highest ◇ low; 2 high ones ended, not judged"),
        ("low", 0, "1, highest ◇ low"),
    ],
)
def test_high_incidents_that_nobody_judged_stand_beside_the_open_ones(
    highest: str | None, unjudged: int, sentence: str
) -> None:
    row: Any = SimpleNamespace(
        read_at=NOW,
        highest=highest,
        unjudged_high=unjudged,
        open_incidents=0 if highest is None else 1,
    )
    assert _incidents(row) == sentence
