"""The Spend page over amounts of Azure."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from hve_monitor.config import load_config
from models.build import build
from models.cost.spend import month_beside
from tests.unit.dashboards.conftest import Open, configured, unfolded, words
from tests.unit.models.conftest import NOW, TENANT, Workbench, trace
from tests.unit.models.cost.test_spend import charge, land
from warehouse.records.money import freeze_month
from warehouse.store import open_store

TOML = '[warehouse]\npath = "store"\n[[tenants]]\nname = "contoso"\naccounts = "files"\n'


def test_days_and_findings_stand_on_the_page(tmp_path: Path, opened: Open) -> None:
    file = configured(tmp_path, TOML)
    with open_store(tmp_path / "store") as store:
        bench = Workbench(store)
        land(bench)
        charge(bench)
        build(store, [TENANT], NOW, lambda *_: None)
    app = opened(file, "spend", NOW, part="Centers and invoice")
    assert not app.exception
    assert "Every one of 23 days is explained" in words(app)
    table = next(
        element.value for element in unfolded(app).dataframe if "residual" in element.value
    )
    assert set(table["status"]) == {"matched"}
    assert len(table) == 23
    assert any("of the list price" in element.value for element in app.markdown)


def test_corrections_of_past_days_stand_on_the_page(tmp_path: Path, opened: Open) -> None:
    file, day = configured(tmp_path, TOML), "2026-11-22T09:00:00"
    before = NOW - timedelta(days=2)
    with open_store(tmp_path / "store") as store:
        bench = Workbench(store)
        pending = trace("m1", "b@contoso.com", day, status="pending")
        bench.land(trace("m1", "a@contoso.com", day), pending, now=before)
        bench.build(before)
        bench.land(trace("m1", "b@contoso.com", day), now=NOW)
        bench.build()
    app = opened(file, "spend", NOW, part="Centers and invoice")
    assert not app.exception
    assert "2 billable recipients after 1 (0.000042 USD)" in words(app)


def test_the_newest_closed_month_stands_beside_the_running_one(tmp_path: Path) -> None:
    config = load_config(configured(tmp_path, TOML))
    with open_store(config.warehouse.path) as store:
        assert month_beside(config, None, "2026-11") == "2026-10"
        for month in ("2026-07", "2026-08", "2026-12"):
            freeze_month(store.state, "contoso", month, NOW, {"month": month})
        freeze_month(store.state, "fabrikam", "2026-09", NOW, {})
    assert month_beside(config, None, "2026-11") == "2026-08"
    assert month_beside(config, "contoso", "2026-08") == "2026-07"
