"""Locks: one holder at a time, told by name, free when its process is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hve_monitor.errors import LockedError
from warehouse.locks import exclusive

HOLD = """
import sys
from pathlib import Path
from warehouse.locks import exclusive
with exclusive(Path(sys.argv[1]), "tenant-contoso"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until it is killed."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_lock_of_another_process_is_refused_by_name_until_it_dies(tmp_path: Path) -> None:
    with other_process(tmp_path) as process:
        with (
            pytest.raises(LockedError, match=f"tenant-contoso: .*process {process.pid}"),
            exclusive(tmp_path, "tenant-contoso"),
        ):
            pytest.fail("two holders")
        process.kill()
        process.wait()
        with exclusive(tmp_path, "tenant-contoso"):
            assert f"{os.getpid()}" in (tmp_path / "tenant-contoso.holder").read_text()


def test_a_second_holder_in_the_same_process_is_refused(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path, "build"),
        pytest.raises(LockedError, match=f"build: .*process {os.getpid()}"),
        exclusive(tmp_path, "build"),
    ):
        pytest.fail("two holders")


def test_locks_of_different_names_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with exclusive(tmp_path, "tenant-contoso"), exclusive(tmp_path, "tenant-fabrikam"):
        assert sorted(file.name for file in tmp_path.glob("*.holder")) == [
            "tenant-contoso.holder",
            "tenant-fabrikam.holder",
        ]


def test_a_lock_is_free_after_its_block_even_when_it_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="crash"), exclusive(tmp_path / "new", "build"):
        raise RuntimeError("crash")
    with exclusive(tmp_path / "new", "build"):
        pass


def test_a_lock_without_a_holder_file_is_refused_all_the_same(tmp_path: Path) -> None:
    with exclusive(tmp_path, "build"):
        (tmp_path / "build.holder").unlink()
        with pytest.raises(LockedError, match="unknown process"), exclusive(tmp_path, "build"):
            pytest.fail("two holders")
