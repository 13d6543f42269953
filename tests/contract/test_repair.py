"""A damaged file is found, named, set aside, and what it held is read or built again."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable

from actions.run import run_once
from actions.verify import examine_store
from tests.contract.conftest import NOW, Site
from tests.contract.test_pipeline import quiet, truth, usage

pytestmark = pytest.mark.contract


@pytest.mark.slow
def test_what_damage_took_comes_back_with_the_next_run(read_short_site: Site) -> None:
    config = read_short_site.config()
    assert examine_store(config, repair=False).exit_code == 0
    root = config.warehouse.path
    harmed = []
    for table in ("facts/message_traces", "marts/hve_usage_daily", "facts/sign_ins"):
        # Files that later versions replaced lie beside those that the table names.
        file = Path(min(DeltaTable(root / table).file_uris()))
        file.write_bytes(file.read_bytes()[:-20] + b"\x00" * 20)
        harmed.append(str(file))
    outcome = examine_store(config, repair=True)
    assert outcome.exit_code == 3
    named = [result.detail for result in outcome.document.findings if result.check == "files"]
    assert all(any(file in detail for detail in named) for file in harmed)
    assert len(outcome.document.repaired) == 3
    read_short_site.tenant.move_to(NOW + timedelta(minutes=15))
    run_once(config, read_short_site.tenant.now, quiet)
    assert examine_store(config, repair=False).exit_code == 0
    assert usage(config, read_short_site.tenant.now) == truth(read_short_site)


@pytest.mark.slow
def test_a_broken_checkpoint_is_set_aside_while_the_entries_say_the_same(read_site: Site) -> None:
    config = read_site.config()
    checkpoints = list(config.warehouse.path.glob("*/*/_delta_log/*.checkpoint.parquet"))
    assert checkpoints
    for file in checkpoints:
        file.write_bytes(b"PAR1 broken")
    assert examine_store(config, repair=False).exit_code == 0
    assert usage(config, NOW) == truth(read_site)


@pytest.mark.slow
def test_a_log_that_cannot_be_read_is_named(read_site: Site) -> None:
    config = read_site.config()
    log = config.warehouse.path / "facts/message_traces/_delta_log"
    for file in log.iterdir():
        shutil.rmtree(file) if file.is_dir() else file.write_bytes(b"{broken")
    outcome = examine_store(config, repair=True)
    assert outcome.exit_code == 3
    [result] = [result for result in outcome.document.findings if result.check == "logs"]
    assert (str(log.parent) in result.detail, result.fix) == (True, "hve restore")
