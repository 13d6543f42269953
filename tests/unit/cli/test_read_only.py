"""A store on a medium that nobody may write to: readers answer, writers end with one line."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.conftest import CSV, Hve
from warehouse.state import open_state

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders have no such mode")
NOW = ("--now", "2026-11-24T08:00:00Z")
STORE = Path("data/local")
READERS = {
    "doctor": 3,  # nothing but a tenant of files is configured
    "cost": 0,
    "plan list": 0,
    "audit": 0,
    "tenants": 0,
    "verify": 0,
    "readiness": 0,
    "usage": 0,
    "trace": 0,
    "incidents": 0,
}
WRITERS = (
    "import more.csv",
    "build",
    "run",
    "purge",
    "verify --repair",
    "plan add --account hr@contoso.com --from 2026-12-01 --until 2026-12-02 --recipients 5",
    "set-clock --reason test",
    "backup --out later.backup",
    "erase writer@fabrikam.com --reason test",
)


def files() -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in STORE.rglob("*") if file.is_file()}


@pytest.fixture
def closed(hve: Hve) -> Iterator[dict[str, bytes]]:
    """A small store that is read-only from now on; all that it holds."""
    Path("rows.csv").write_text(CSV, encoding="utf-8")
    Path("more.csv").write_text(CSV.replace("t1", "t3"), encoding="utf-8")
    assert hve("import", "rows.csv", *NOW).code == 0
    assert hve("export", "csv", "--out", "exported", *NOW).code == 0  # the audit log has an entry
    place = str(STORE.absolute())
    if os.geteuid() != 0:
        kept = [*STORE.rglob("*"), STORE]
        for path in kept:
            path.chmod(0o500 if path.is_dir() else 0o400)
        yield files()
        for path in reversed(kept):
            path.chmod(0o700)
        return
    mounts = (["--bind", place, place], ["-o", "remount,ro,bind", place])
    if (
        shutil.which("mount") is None
        or subprocess.run(["mount", *mounts[0]], check=False).returncode
    ):
        pytest.skip("mounting is not allowed here")
    try:
        subprocess.run(["mount", *mounts[1]], check=True)
        yield files()
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def test_readers_answer_and_writers_end_with_one_line(hve: Hve, closed: dict[str, bytes]) -> None:
    for command, code in READERS.items():
        ended = hve(*command.split(), *NOW)
        assert (ended.code, ended.err) == (code, ""), (command, ended.err)
    for command in WRITERS:
        ended = hve(*command.split(), *([] if command.startswith("backup") else NOW))
        assert ended.code == 1, command
        (line,) = ended.err.splitlines()
        assert "ead-only" in line or "readonly" in line, line
        assert "free space or check the disk" in line
    assert files() == closed


def test_what_a_killed_process_left_in_the_journal_is_read(tmp_path: Path) -> None:
    with open_state(tmp_path / "store") as state:
        state.connection.execute("insert into counters values ('batch', 7)")
        # The other process never closes the file.
        shutil.copytree(tmp_path / "store", tmp_path / "killed")
    assert (tmp_path / "killed" / "state.db-wal").stat().st_size > 0
    (tmp_path / "killed" / "state.db-shm").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warehouse.state.is_read_only", lambda _: True)
        with open_state(tmp_path / "killed") as state:
            query = "select value from counters where name = 'batch'"
            assert state.connection.execute(query).fetchall() == [(7,)]
            with closing(state.another_connection()) as connection:
                assert connection.execute(query).fetchall() == [(7,)]
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                state.connection.execute("delete from counters")
    assert not (tmp_path / "killed" / "state.db-shm").exists()
