"""Killed or out of disk at any moment: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from actions.run import run_once
from hve_monitor.clock import iso
from hve_monitor.config import Config
from tests.contract.conftest import NOW, Site
from tests.contract.test_pipeline import quiet, truth, usage
from warehouse.configured import store_of
from warehouse.maintenance.backup import restore
from warehouse.maintenance.verification import verify

pytestmark = [pytest.mark.contract, pytest.mark.slow]
KILLS = 20


def start(site: Site, file: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cli", "run", "--json", "--config", str(file)]
    command += ["--now", iso(site.tenant.now)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def assert_readable(file: Path) -> None:
    if file.exists():
        with duckdb.connect(str(file), read_only=True) as connection:
            connection.execute("select sum(recipients) from marts.hve_usage_daily").fetchall()
            connection.execute("select count(*) from raw.message_traces").fetchall()


def test_twenty_kills_end_with_the_exact_truth(make_site: Callable[..., Site]) -> None:
    site = make_site(staff=40, days=14)
    config = site.config()
    moments = random.Random(5)  # noqa: S311 - the moments need no secrecy
    longest = 4.0
    for _ in range(KILLS):
        site.tenant.advance(timedelta(minutes=15))
        with start(site, site.folder / "changed.toml") as process:
            try:
                process.wait(timeout=moments.uniform(0.3, longest))
            except subprocess.TimeoutExpired:
                process.kill()
        assert_readable(config.warehouse.path / "hve.duckdb")
    outcome = run_once(config, site.tenant.now, quiet)
    assert outcome.exit_code == 0
    assert usage(config, site.tenant.now) == truth(site)


# Runs `hve` and kills it at the n-th durable step inside one phase of the run.
KILLED_INSIDE = """
import os, signal, sys
import deltalake
from importlib import import_module
from cli.main import main
from warehouse.maintenance import upkeep
from warehouse.delta import commit

upkeep.MOST_FILES = 1  # so that every run has something to tidy
room, name, left = sys.argv[1], sys.argv[2], int(sys.argv[3])
del sys.argv[1:4]
inside = False

def step(act):
    def counted(*values, **named):
        global left
        left -= inside
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return act(*values, **named)
    return counted

def phase(act):
    def entered(*values, **named):
        global inside
        inside = True
        try:
            return act(*values, **named)
        finally:
            inside = False
    return entered

for owner, step_name in (
    (os, "fsync"), (os, "replace"), (commit, "write_deltalake"),
    (deltalake.DeltaTable, "vacuum"), (deltalake.DeltaTable, "create_checkpoint"),
    (deltalake.DeltaTable, "cleanup_metadata"),
):
    setattr(owner, step_name, step(getattr(owner, step_name)))
module = import_module(room)
setattr(module, name, phase(getattr(module, name)))
main()
"""


def killed_inside(site: Site, phase: tuple[str, str], step: int) -> int:
    """The exit code of a run that is killed at that step of that phase."""
    command = [sys.executable, "-c", KILLED_INSIDE, *phase, str(step)]
    command += ["run", "--json", "--config", str(site.folder / "changed.toml")]
    command += ["--now", iso(site.tenant.now)]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode


def make_upkeep_due(config: Config) -> None:
    with store_of(config) as store:
        for who in ("contoso", "*"):
            store.state.record_upkeep(who, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
@pytest.mark.parametrize(
    ("phase", "steps"),
    [
        (("ingest.read_tenant", "tidy"), (0, 1, 2, 4, 6)),
        (("actions.run", "sweep"), (0, 2, 5, 20)),
        (("models.build", "publish"), (0, 1, 2)),
        (("actions.run", "build"), (1, 6, 15)),
    ],
)
def test_a_kill_inside_a_phase_leaves_no_half_state(
    read_short_site: Site, phase: tuple[str, str], steps: tuple[int, ...]
) -> None:
    config = read_short_site.config()
    killed = 0
    for step in steps:
        read_short_site.tenant.advance(timedelta(hours=1))
        make_upkeep_due(config)
        killed += killed_inside(read_short_site, phase, step) == -9
        assert_readable(config.warehouse.path / "hve.duckdb")
    assert killed >= len(steps) - 1, "the steps lie inside the phase"
    assert run_once(config, read_short_site.tenant.now, quiet).exit_code == 0
    assert usage(config, read_short_site.tenant.now) == truth(read_short_site)


def killed_after(seconds: float, *arguments: str) -> None:
    """Starts `hve` and kills it after so many seconds, unless it is done by then."""
    command = [sys.executable, "-m", "cli", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()


def test_a_kill_in_backup_or_restore_leaves_the_old_or_the_new(
    read_short_site: Site, tmp_path: Path
) -> None:
    config, file = read_short_site.config(), str(read_short_site.folder / "changed.toml")
    moments = random.Random(8)  # noqa: S311 - the moments need no secrecy
    saved = tmp_path / "whole"
    assert main_of("backup", "--out", str(saved), "--config", file) == 0
    for number in range(12):
        target = tmp_path / f"backup-{number}"
        killed_after(moments.uniform(0.2, 1.2), "backup", "--out", str(target), "--config", file)
        if target.exists():
            restore(target, tmp_path / f"from-{number}")
        killed_after(
            moments.uniform(0.2, 2.5), "restore", str(saved), "--replace", "--config", file
        )
        with store_of(config) as store:
            findings, damages = verify(store)
        assert damages == []
        assert {finding.status for finding in findings if finding.check == "state"} == {"pass"}
    assert main_of("restore", str(saved), "--replace", "--config", file, "--now", iso(NOW)) == 0
    assert usage(config, NOW) == truth(read_short_site)


def main_of(*arguments: str) -> int:
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments], stdout=subprocess.DEVNULL, check=False
    ).returncode


def test_a_backup_on_a_full_disk_is_one_line_and_leaves_nothing(
    read_site: Site, small_disk: Callable[[int], Path]
) -> None:
    folder = small_disk(200)
    command = [sys.executable, "-m", "cli", "backup", "--out", str(folder / "b")]
    command += ["--config", str(read_site.file)]
    done = subprocess.run(command, capture_output=True, check=False)
    lines = done.stderr.decode().strip().splitlines()
    assert (done.returncode, len(lines)) == (1, 1), lines
    assert list(folder.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a disk of so many KiB; needs root on Linux."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk needs root on Linux")
    mounted: list[Path] = []

    def mount(kilobytes: int) -> Path:
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        options = ["-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
        if subprocess.run(["mount", *options], check=False).returncode:
            pytest.skip("mounting a small disk is not allowed here")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("kilobytes", [64, 300, 700, 1200, 2500, 4000])
def test_a_full_disk_is_one_line_and_the_next_run_recovers(
    make_site: Callable[..., Site], small_disk: Callable[[int], Path], kilobytes: int
) -> None:
    site = make_site(staff=40, days=14)
    folder = small_disk(kilobytes)
    config = site.config(('path = "store"', f'path = "{folder}/store"'))
    with start(site, site.folder / "changed.toml") as process:
        _, errors = process.communicate(timeout=120)
    lines = errors.decode().strip().splitlines()
    if process.returncode:
        assert process.returncode in (1, 3), lines
        assert len(lines) == 1, lines
        assert "Traceback" not in errors.decode()
    subprocess.run(["mount", "-o", "remount,size=200m", str(folder)], check=True)
    later = NOW + timedelta(minutes=15)
    site.tenant.move_to(later)
    assert run_once(config, later, quiet).exit_code == 0
    assert usage(config, later) == truth(site)


def test_a_torn_log_entry_after_a_power_cut_is_set_aside(read_site: Site) -> None:
    config = read_site.config()
    logs = sorted(config.warehouse.path.glob("*/*/_delta_log"))
    assert len(logs) > 5
    read_site.tenant.advance(timedelta(hours=1))
    for log in logs:
        newest = max(log.glob("*.json"))
        following = newest.with_name(f"{int(newest.stem) + 1:020d}.json")
        following.write_bytes(newest.read_bytes()[:40])
    assert run_once(config, read_site.tenant.now, quiet).exit_code == 0
    assert usage(config, read_site.tenant.now) == truth(read_site)
