"""`hve build --engine spark` as a command: one document, or one line and nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.conftest import CSV
from warehouse.reading import published_connection
from warehouse.store import open_store
from warehouse.tables import MESSAGE_TRACES

pytestmark = pytest.mark.scale
CODE = "import sys; from cli.main import main; sys.argv[0] = 'hve'; main()"
NOW = ("--now", "2026-11-24T08:00:00Z", "--json")
MARTS = "from marts.hve_usage_hourly order by all"
ENVIRONMENT = {
    "HVE_SPARK__MASTER": "local[1]",
    "HVE_SPARK__SETTINGS": json.dumps(
        {
            "spark.sql.shuffle.partitions": "1",
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        }
    ),
}


def hve(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CODE, *arguments, *NOW],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=os.environ | ENVIRONMENT,
    )


def rows(folder: Path) -> list[tuple[Any, ...]]:
    with published_connection(folder / "data/local") as connection:
        return connection.execute(MARTS).fetchall()


def test_a_build_on_spark_and_one_that_fails(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(CSV)
    assert hve(tmp_path, "import", "export.csv").returncode == 0
    before = rows(tmp_path)

    built = hve(tmp_path, "build", "--engine", "spark", "--full")
    assert built.returncode == 0, built.stderr
    assert json.loads(built.stdout)["models"]["days_rebuilt"] == 1
    assert rows(tmp_path) == before

    with open_store(tmp_path / "data/local") as store:
        (facts,) = map(Path, store.delta.files(MESSAGE_TRACES))
    facts.write_bytes(facts.read_bytes()[:-200])
    failed = hve(tmp_path, "build", "--engine", "spark", "--full")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert [line for line in failed.stderr.splitlines() if line.startswith("hve: spark: ")]
    assert "Traceback" not in failed.stderr
    assert rows(tmp_path) == before
    with open_store(tmp_path / "data/local") as store:
        assert len(store.state.dirty_days()) == 1
