"""A schedule beside readers and beside a second run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from actions.run import run_once
from hve_monitor.clock import iso
from tests.contract.conftest import NOW, Site
from tests.contract.test_pipeline import quiet, truth, usage

pytestmark = pytest.mark.contract

READER = """
import sys, duckdb
opened = versions = 0
seen = set()
for _ in range(200):
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        days = connection.execute("select count(*) from marts.hve_usage_daily").fetchall()
        assert days[0][0] > 0
        seen.add(connection.execute("select version from state.publication").fetchall()[0][0])
        opened += 1
print(opened, len(seen))
"""


@contextmanager
def scheduled(site: Site, every: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "cli", "run", "--every", every, "--json"]
    command += ["--config", str(site.file), "--now", iso(NOW)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.slow
def test_two_hundred_readers_never_meet_a_locked_or_half_written_file(read_site: Site) -> None:
    config = read_site.config()
    with scheduled(read_site, "1s") as process:
        assert json.loads(first_line(process))["coverage"]["complete"] is True
        reader = subprocess.run(
            [sys.executable, "-c", READER, str(config.warehouse.path / "hve.duckdb")],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert reader.returncode == 0, reader.stderr
    opened, versions = map(int, reader.stdout.split())
    assert opened == 200
    assert versions >= 2
    assert process.returncode == 0


def test_a_schedule_stops_cleanly_and_leaves_a_complete_store(small_site: Site) -> None:
    with scheduled(small_site, "30s") as process:
        summary = json.loads(first_line(process))
    assert process.returncode == 0
    rows_new = {part["source"]: part["rows_new"] for part in summary["sources"]}
    assert rows_new["message_traces"] > 0
    assert usage(small_site.config(), NOW) == truth(small_site)


@pytest.mark.slow
def test_a_run_beside_a_running_one_says_who_holds_the_tenant(site: Site, tmp_path: Path) -> None:
    site.tenant.page_delay = 0.3
    config = site.config()
    command = [sys.executable, "-m", "cli", "run", "--json", "--now", iso(NOW)]
    command += ["--config", str(site.file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as first:
        holder = config.warehouse.path / "locks" / "tenant-contoso.holder"
        deadline = time.monotonic() + 30
        while not holder.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        first.kill()
    assert second.returncode == 75
    assert str(first.pid) in second.stderr
    site.tenant.page_delay = 0.0
    later = run_once(config, NOW + timedelta(seconds=1), quiet)
    assert later.exit_code == 0, "the lock of a killed process must be free"
    assert usage(config, NOW + timedelta(seconds=1)) == truth(site)
