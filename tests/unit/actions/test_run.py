"""The pipeline: what the sources' states mean, and a whole import."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

import models.build
from actions.import_files import import_files
from actions.ingest import exit_code, ingest
from actions.privacy import purge
from actions.rebuild import rebuild
from actions.run import run_once
from hve_monitor.config import LOCAL_TENANT, Config, Tenant, Warehouse
from hve_monitor.errors import INCOMPLETE, ConfigError, LockedError, StoreError
from ingest.source import SourceResult
from models.usage.coverage import published_as_of
from tests.unit.conftest import CSV, NOW, quiet
from warehouse.configured import store_of
from warehouse.reading import read_published

LISTED = Tenant(name="contoso", tenant_id="t", managed_identity=True, accounts=("hr@contoso.com",))


def result(state: str) -> SourceResult:
    """ok, partial, failed, temporary (failed for now) or optional (failed without harm)."""
    found = SourceResult("traces", "contoso")
    found.temporary, found.optional = state == "temporary", state == "optional"
    found.status = state if state in ("ok", "partial") else "failed"  # type: ignore[assignment] # the branches above
    return found


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ("", 0),
        ("ok", 0),
        ("ok ok", 0),
        ("optional", 0),
        ("ok optional", 0),
        ("partial", 3),
        ("ok partial", 3),
        ("ok failed", 3),
        ("ok temporary", 3),
        ("partial failed", 3),
        ("failed", 1),
        ("failed failed", 1),
        ("failed optional", 1),
        ("failed temporary", 1),
        ("temporary", 75),
        ("temporary temporary", 75),
    ],
)
def test_exit_codes_follow_the_contract(states: str, code: int) -> None:
    assert exit_code([result(state) for state in states.split()]) == code


def test_a_tenant_that_another_process_holds_is_temporary(tmp_path: Path) -> None:
    config = Config(warehouse=Warehouse(path=tmp_path), tenants=(LISTED,))
    with store_of(config) as store, store.tenant_lock("contoso"), pytest.raises(LockedError):
        ingest(config, NOW, quiet, ["accounts"])


def test_a_held_tenant_is_left_out_and_the_others_are_read(tmp_path: Path) -> None:
    other = LISTED.model_copy(update={"name": "fabrikam"})
    config = Config(warehouse=Warehouse(path=tmp_path), tenants=(LISTED, other))
    with store_of(config) as store, store.tenant_lock("contoso"):
        results = ingest(config, NOW, quiet, ["accounts"])
    assert [result.tenant for result in results] == ["fabrikam"]


def test_without_tenants_to_fetch_nothing_is_ingested(tmp_path: Path) -> None:
    assert ingest(Config(warehouse=Warehouse(path=tmp_path)), NOW, quiet) == []


def test_an_unknown_source_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    config = Config(warehouse=Warehouse(path=tmp_path), tenants=(LISTED,))
    with pytest.raises(ConfigError, match="no such source"):
        ingest(config, NOW, quiet, ["nonsense"])


def test_a_strange_file_in_a_folder_is_told_and_the_others_are_built(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text(CSV)
    (folder / "readme.txt").write_text("exported by contoso")
    config = Config(warehouse=Warehouse(path=tmp_path / "store"))
    outcome = import_files(config, LOCAL_TENANT, [folder], {}, "auto", NOW, quiet)
    assert outcome.exit_code == 3
    told = {Path(result.file).name: result.error for result in outcome.document.files}
    assert told["a.csv"] is None
    assert "readme.txt" in told["readme.txt"]
    assert outcome.document.rows_new > 0
    with store_of(config) as store:
        assert store.state.dirty_days() == []


def two_tenants(folder: Path) -> Config:
    """Tenants of files with two rows each, of which contoso's models end with an error."""
    tenants = tuple(Tenant(name=name, accounts="files") for name in ("contoso", "fabrikam"))
    config = Config(warehouse=Warehouse(path=folder / "store"), tenants=tenants)
    (folder / "export.csv").write_text(CSV)
    for tenant in tenants:
        import_files(config, tenant, [folder / "export.csv"], {}, "auto", NOW, quiet)
    return config


def failing_for(*names: str) -> Callable[..., int]:
    def fails(_store: object, tenant: Tenant, *_rest: object) -> int:
        if tenant.name in names:
            raise sqlite3.IntegrityError("NOT NULL constraint failed")
        return 0

    return fails


def test_a_tenant_whose_models_fail_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, later = two_tenants(tmp_path), NOW + timedelta(minutes=15)
    monkeypatch.setattr(models.build, "detect", failing_for("contoso"))
    for outcome in (
        run_once(config, later, quiet),
        rebuild(config, later, quiet, full=True),
    ):
        assert outcome.exit_code == INCOMPLETE
        (failed,) = outcome.document.models.failed or ()
        assert failed.tenant == "contoso"
        assert failed.error == "IntegrityError: NOT NULL constraint failed"
    with read_published(config.warehouse.path, later) as published:
        assert published_as_of(published.connection) == later
    with store_of(config) as store:
        assert {mark.tenant for mark in store.state.dirty_days()} == {"contoso"}


def test_models_that_fail_for_everybody_are_a_failure_and_none_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = two_tenants(tmp_path)
    monkeypatch.setattr(models.build, "detect", failing_for("contoso", "fabrikam"))
    with pytest.raises(StoreError, match="an error of hve-monitor, not of the disk"):
        rebuild(config, NOW, quiet, full=True)
    with pytest.raises(StoreError, match="an error of hve-monitor, not of the disk"):
        run_once(config, NOW, quiet)


def days_stored(config: Config) -> int:
    with read_published(config.warehouse.path, NOW) as published:
        count = published.connection.execute("select count(*) from raw.message_traces").fetchone()
    return int(count[0]) if count else 0


def test_one_run_by_a_wrong_clock_drops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = Config(warehouse=Warehouse(path=tmp_path / "store"), tenants=(LOCAL_TENANT,))
    (tmp_path / "rows.csv").write_text(CSV)
    import_files(config, LOCAL_TENANT, [tmp_path / "rows.csv"], {}, "auto", NOW, quiet)
    before = days_stored(config)
    for wrong in (NOW + timedelta(days=1500), NOW + timedelta(days=1501)):
        run_once(config, wrong, quiet)
    assert "retention is skipped" in caplog.text
    assert days_stored(config) == before > 0
    with pytest.raises(ConfigError, match="nothing newer than"):
        purge(config, "eve", "retention", NOW + timedelta(days=1500))
    again = import_files(config, LOCAL_TENANT, [tmp_path / "rows.csv"], {}, "auto", NOW, quiet)
    assert again.document.rows_unchanged == before
    run_once(config, NOW + timedelta(hours=1), quiet)
