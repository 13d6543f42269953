"""Killed or out of disk at any moment: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from multiprocessing.process import BaseProcess
from pathlib import Path

import deltalake
import duckdb
import pytest

from actions.run import run_once
from hve_monitor.clock import iso
from hve_monitor.config import Config
from tests.contract.conftest import NOW, Site
from tests.contract.test_pipeline import quiet, truth, usage
from tests.forked import code_of, run_hve, start, start_hve
from warehouse.configured import store_of
from warehouse.delta import commit
from warehouse.maintenance import upkeep
from warehouse.maintenance.backup import restore
from warehouse.maintenance.verification import verify

pytestmark = [
    pytest.mark.contract,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="processes are forked and killed"),
]
KILLS = 20
LONGEST = 2.7  # seconds before a kill; most runs take less, the first one more
STEPS = (
    (os, "fsync"), (os, "replace"), (commit, "write_deltalake"),
    (deltalake.DeltaTable, "vacuum"), (deltalake.DeltaTable, "create_checkpoint"),
    (deltalake.DeltaTable, "cleanup_metadata"),
)  # fmt: skip


def running(site: Site, file: Path, errors: Path | None = None) -> BaseProcess:
    arguments = ("run", "--json", "--config", str(file), "--now", iso(site.tenant.now))
    return start_hve(*arguments, errors=errors)


def assert_readable(file: Path) -> None:
    if file.exists():
        with duckdb.connect(str(file), read_only=True) as connection:
            connection.execute("select sum(recipients) from marts.hve_usage_daily").fetchall()
            connection.execute("select count(*) from raw.message_traces").fetchall()


def test_twenty_kills_end_with_the_exact_truth(make_site: Callable[..., Site]) -> None:
    site = make_site(staff=40, days=14)
    config = site.config()
    moments = random.Random(5)  # noqa: S311 - the moments need no secrecy
    for _ in range(KILLS):
        site.tenant.advance(timedelta(minutes=15))
        code_of(running(site, site.folder / "changed.toml"), moments.uniform(0.0, LONGEST))
        assert_readable(config.warehouse.path / "hve.duckdb")
    outcome = run_once(config, site.tenant.now, quiet)
    assert outcome.exit_code == 0
    assert usage(config, site.tenant.now) == truth(site)


def kill_inside(phase: tuple[str, str], step: int, arguments: tuple[str, ...]) -> None:
    """`hve` in this process, which kills itself at that durable step inside that phase."""
    left, inside = step, False

    def counted(act: Callable[..., object]) -> Callable[..., object]:
        def counting(*values: object, **named: object) -> object:
            nonlocal left
            left -= inside
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return act(*values, **named)

        return counting

    def entered(act: Callable[..., object]) -> Callable[..., object]:
        def entering(*values: object, **named: object) -> object:
            nonlocal inside
            inside = True
            try:
                return act(*values, **named)
            finally:
                inside = False

        return entering

    upkeep.MOST_FILES = 1  # so that every run has something to tidy
    for owner, name in STEPS:
        setattr(owner, name, counted(getattr(owner, name)))
    room, name = import_module(phase[0]), phase[1]
    setattr(room, name, entered(getattr(room, name)))
    run_hve(arguments, None, None)


def killed_inside(site: Site, phase: tuple[str, str], step: int) -> int:
    """The exit code of a run that is killed at that step of that phase."""
    options = ("--config", str(site.folder / "changed.toml"), "--now", iso(site.tenant.now))
    return code_of(start(kill_inside, phase, step, ("run", "--json", *options)))


def make_upkeep_due(config: Config) -> None:
    with store_of(config) as store:
        for who in ("contoso", "*"):
            store.state.record_upkeep(who, 0)


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
    code_of(start_hve(*arguments), seconds)


def test_a_kill_in_backup_or_restore_leaves_the_old_or_the_new(
    read_short_site: Site, tmp_path: Path
) -> None:
    config, file = read_short_site.config(), str(read_short_site.folder / "changed.toml")
    moments = random.Random(8)  # noqa: S311 - the moments need no secrecy
    saved = tmp_path / "whole"
    assert code_of(start_hve("backup", "--out", str(saved), "--config", file)) == 0
    for number in range(12):
        target = tmp_path / f"backup-{number}"
        killed_after(moments.uniform(0.0, 0.6), "backup", "--out", str(target), "--config", file)
        if target.exists():
            restore(target, tmp_path / f"from-{number}")
        killed_after(
            moments.uniform(0.0, 1.7), "restore", str(saved), "--replace", "--config", file
        )
        with store_of(config) as store:
            findings, damages = verify(store)
        assert damages == []
        assert {finding.status for finding in findings if finding.check == "state"} == {"pass"}
    last = ("restore", str(saved), "--replace", "--config", file, "--now", iso(NOW))
    assert code_of(start_hve(*last)) == 0
    assert usage(config, NOW) == truth(read_short_site)


def test_a_backup_on_a_full_disk_is_one_line_and_leaves_nothing(
    read_site: Site, small_disk: Callable[[int], Path], tmp_path: Path
) -> None:
    folder, errors = small_disk(200), tmp_path / "errors"
    arguments = ("backup", "--out", str(folder / "b"), "--config", str(read_site.file))
    code = code_of(start_hve(*arguments, errors=errors))
    lines = errors.read_text(encoding="utf-8").strip().splitlines()
    assert (code, len(lines)) == (1, 1), lines
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
    make_site: Callable[..., Site],
    small_disk: Callable[[int], Path],
    kilobytes: int,
    tmp_path: Path,
) -> None:
    site = make_site(staff=40, days=14)
    folder = small_disk(kilobytes)
    config = site.config(('path = "store"', f'path = "{folder}/store"'))
    errors = tmp_path / "errors"
    code = code_of(running(site, site.folder / "changed.toml", errors), 120)
    lines = errors.read_text(encoding="utf-8").strip().splitlines()
    if code:
        assert code in (1, 3), lines
        assert len(lines) == 1, lines
        assert "Traceback" not in lines[0]
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
