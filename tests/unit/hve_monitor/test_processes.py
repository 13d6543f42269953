"""Processes that work for another one of ours end with it, also where it is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

PARENT = """
import os, signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from hve_monitor.processes import end_with_parent

if __name__ == "__main__":
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=end_with_parent)
    print(pool.submit(os.getpid).result(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_worker_does_not_outlast_a_killed_parent(tmp_path: Path) -> None:
    file = tmp_path / "parent.py"
    file.write_text(PARENT, encoding="utf-8")
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=False)
    state = Path("/proc") / done.stdout.strip() / "stat"
    until = time.monotonic() + 30
    while state.exists() and ") Z " not in state.read_text(encoding="utf-8"):
        assert time.monotonic() < until
        time.sleep(0.02)
