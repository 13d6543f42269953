"""Tenants in shards: the overview shows them side by side, every other page one of them."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.import_files import import_files
from dashboards.session import access
from dashboards.session.access import User, end_login
from dashboards.session.view import View
from hve_monitor.config import load_config
from models.overview.fleet import all_tenants
from tests.unit.dashboards.conftest import NOW, Open, bodies, configured, words
from warehouse.logins import has_ended

COLUMNS = {name: name for name in ("id", "sender", "recipient", "received_at")}
TENANT = '[[tenants]]\nname = "{}"\naccounts = "files"\nshard = "{}"\n'
TOML = '[warehouse]\npath = "store"\n' + "".join(
    TENANT.format(*pair)
    for pair in (("contoso", "north"), ("adatum", "south"), ("fabrikam", "west"))
)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shards with a tenant each that sent yesterday, and one that never ran; its hve.toml."""
    file = configured(tmp_path_factory.mktemp("shards"), TOML)
    for tenant in ("contoso", "adatum"):
        rows = file.with_name("rows.csv")
        row = f"a,hr@{tenant}.com,ada@lucerne.com,2026-11-23T07:00:00Z"
        rows.write_text("\n".join([",".join(COLUMNS), row]), encoding="utf-8")
        own = load_config(file).of_tenant(tenant)
        import_files(own, own.tenants[0], [rows], COLUMNS, "auto", NOW, lambda *_: None)
    return file


def test_without_a_tenant_the_overview_is_their_table(shards: Path, opened: Open) -> None:
    app = opened(shards)
    assert not app.exception
    (table,) = (frame.value for frame in app.dataframe if "recipients_7d" in frame.value)
    rows = all_tenants(load_config(shards), NOW).tenants
    assert table["tenant"].tolist() == [row.tenant for row in rows]
    assert dict(zip(table["tenant"], table["recipients_7d"], strict=True)).items() >= {
        ("contoso", 1),
        ("adatum", 1),
    }
    assert "Choose a tenant" in words(app)


@pytest.mark.parametrize(
    "page", ["spend", "senders", "delivery", "readiness", "plan", "health"]
)  # fmt: skip
def test_every_other_page_asks_for_a_tenant(shards: Path, opened: Open, page: str) -> None:
    app = opened(shards, page)
    assert not app.exception
    assert "This page is about one tenant" in " ".join(info.value for info in app.info)


def test_a_chosen_tenant_is_its_shard_alone(shards: Path, opened: Open) -> None:
    app = opened(shards, tenant="adatum")
    assert not app.exception
    shown = " ".join([words(app), *bodies(app)])
    assert "hr@adatum.com" in shown
    assert "hr@contoso.com" not in shown
    assert app.selectbox(key="tenant").options == ["All tenants", "contoso", "adatum", "fabrikam"]
    app.selectbox(key="tenant").select("contoso").run()
    assert "hr@contoso.com" in " ".join([words(app), *bodies(app)])


def test_a_tenant_whose_shard_never_ran_is_told(shards: Path, opened: Open) -> None:
    app = opened(shards, tenant="fabrikam")
    assert not app.exception
    (info,) = app.info
    assert "nothing is stored yet" in info.value


def test_a_tenant_whose_shard_cannot_be_read_is_unknown_and_says_why(
    shards: Path, opened: Open, tmp_path: Path
) -> None:
    copy = shutil.copytree(shards.parent, tmp_path / "copy") / shards.name
    (copy.parent / "store" / "shards" / "north" / "state.db").write_bytes(b"no database" * 100)
    app = opened(copy)
    assert not app.exception
    (warning,) = [text.value for text in app.warning if "contoso is unknown" in text.value]
    assert "cannot be opened" in warning


def test_a_tenant_in_another_shard_than_its_rows_is_refused(shards: Path, opened: Open) -> None:
    moved = shards.with_name("moved.toml")
    moved.write_text(TOML.replace('"north"', '"east"'), encoding="utf-8")
    app = opened(moved)
    assert "its rows are in" in " ".join(code.value for code in app.code)


def test_who_needs_no_names_sees_the_tenants_too(shards: Path) -> None:
    from dashboards.session import readings

    config = load_config(shards)
    user = User("fin", frozenset({"finops"}))
    view = View(config, "1", NOW, NOW, user=user)
    assert [row.tenant for row in readings.tenants.__wrapped__(view)] == [
        row.tenant for row in all_tenants(config, NOW).tenants
    ]


def test_a_login_ends_for_all_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load_config(configured(tmp_path, TOML))
    said = {"is_logged_in": True, "name": "grace"}
    monkeypatch.setattr(access, "claims", lambda: said)
    end_login(config, datetime(2026, 11, 24, tzinfo=UTC).timestamp())
    assert has_ended(config.warehouse.path, access.login_mark(said))
