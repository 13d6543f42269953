"""The pipeline: what the sources' states mean, and a whole import."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.import_files import import_files
from actions.ingest import exit_code, ingest
from hve_monitor.config import LOCAL_TENANT, Config, Tenant, Warehouse
from hve_monitor.errors import ConfigError, LockedError
from ingest.source import SourceResult
from tests.unit.conftest import CSV, NOW, quiet
from warehouse.configured import store_of

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
    assert [each.tenant for each in results] == ["fabrikam"]


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
