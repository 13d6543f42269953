"""hve.duckdb and its export open in the DuckDB that other tools carry, views included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.peers.conftest import HVE, Fetch

pytestmark = pytest.mark.peers
COUNTS = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
tables = connection.execute(
    "select table_schema || '.' || table_name from information_schema.tables order by 1"
).fetchall()
counts = {}
for (name,) in tables:
    counts[name] = connection.execute(f"select count(*) from {name}").fetchone()[0]
    connection.execute(f"select cast(columns(*) as varchar) from {name}").fetchall()
print(json.dumps([duckdb.__version__, counts]))
"""


def counted(file: Path, packages: str = "") -> tuple[str, dict[str, int]]:
    """The version of the client, and the rows of every table and view as it sees them."""
    environment = {**os.environ, "PYTHONPATH": packages} if packages else dict(os.environ)
    command = [sys.executable, "-c", COUNTS, str(file)]
    done = subprocess.run(command, check=True, capture_output=True, env=environment)
    version, counts = json.loads(done.stdout)
    return version, counts


@pytest.mark.parametrize("version", ["1.1.3", "1.4.4"])
def test_an_old_client_sees_every_table_and_view(store: Path, fetch: Fetch, version: str) -> None:
    packages = str(fetch(f"duckdb=={version}"))
    export = store / "export.duckdb"
    subprocess.run(
        [*HVE, "export", "duckdb", "--out", str(export)], cwd=store, check=True, capture_output=True
    )
    for file in (store / "data/local/hve.duckdb", export):
        ours, theirs = counted(file), counted(file, packages)
        assert (ours[0], theirs[0]) == (duckdb.__version__, version)
        assert theirs[1] == ours[1]
        assert theirs[1]["raw.message_traces"] == 400
        assert sum(theirs[1].values()) > 1000
