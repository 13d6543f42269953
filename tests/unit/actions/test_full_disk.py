"""Commands on a disk with little or no space left: one line, readers answer, nothing is lost.

Backup, restore, purge and erase are in test_moments.py, a run against services in
tests/contract/test_crashes.py.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.actions.test_moments import fill
from tests.unit.conftest import CSV, Hve, Prepared

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="a small disk is mounted"),
]
NOW = ("--now", "2026-11-24T08:00:00Z")
DISK = 24 << 20
FREE = (0, 8, 40, 120, 400, 1000)  # KiB that are left
PLAN = "plan add --account hr@contoso.com --from 2026-12-01 --until 2026-12-02 --recipients 5"
COMMANDS = {
    "import": ("import", "more.csv", *NOW),
    "build": ("build", "--full", *NOW),
    "run": ("run", *NOW),
    "repair": ("verify", "--repair", *NOW),
    "plan": (*PLAN.split(), *NOW),
    "clock": ("set-clock", "--reason", "test", *NOW),
    "duckdb": ("export", "duckdb", "--out", "all.duckdb", *NOW),
    "metrics": ("export", "openmetrics", "--out", "hve.prom", *NOW),
}
READERS = ("usage", "cost", "tenants", "plan list", "audit")


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small disk; needs root."""
    folder = tmp_path_factory.mktemp("disk")
    options = ["-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(["mount", *options], check=False).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def golden(hve: Hve, prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a store of two rows."""

    def fill_folder() -> str:
        Path("rows.csv").write_text(CSV, encoding="utf-8")
        Path("more.csv").write_text(CSV.replace("\nt", "\nu"), encoding="utf-8")
        assert hve("import", "rows.csv", *NOW).code == 0
        assert hve("plan", "list").code == 0  # notes how the store was filled
        return ""

    prepared.enter("golden", monkeypatch, fill_folder)
    return Path.cwd()


def rows(hve: Hve) -> object:
    return hve("usage", "--by", "account,day", "--json", *NOW).json["rows"]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_one_line_and_the_same_command_ends_well_later(
    name: str, hve: Hve, disk: Path, golden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(hve)
    for kilobytes in FREE:
        shutil.rmtree(disk / "work", ignore_errors=True)
        shutil.copytree(golden, disk / "work")
        monkeypatch.chdir(disk / "work")
        Path("spare").write_bytes(bytes(kilobytes << 10))
        fill()
        Path("spare").unlink()
        ended = hve(*COMMANDS[name])
        where = (name, kilobytes, ended.code, ended.err)
        assert ended.code in (0, 1), where
        lines = ended.err.splitlines()
        assert len(lines) == 1 if ended.code else "disk" not in ended.err, where
        assert ended.code == 0 or "free space" in lines[0], where
        for reader in READERS:
            assert hve(*reader.split(), *NOW).code == 0, (where, reader)
        if name != "import":
            assert rows(hve) == before, where
        assert not list(Path("data/local").glob("hve.*.duckdb*")), where
        Path("filler").unlink()
        assert hve(*COMMANDS[name]).code == 0, where
        assert hve("verify", *NOW).code == 0, where
        after = rows(hve)
        assert after == before or name == "import", where
        recipients = sum(row["recipients"] for row in after)  # type: ignore[attr-defined]
        assert recipients == (4 if name == "import" else 2), where
