"""Every test starts without the caller's configuration, and waits neither for retries nor disks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes folders of its own in it
ROOM_BYTES = 4 << 30


def pytest_configure(config: pytest.Config) -> None:
    """Temporary folders lie in memory where there is room: half of a run waits for the disk.

    Large stores stay on the disk.
    """
    if config.getoption("markexpr") != "scale" and _has_room():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def _has_room() -> bool:
    """Also for scripts: some systems allow no program there."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return False
    may_execute = not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    return may_execute and shutil.disk_usage(MEMORY).free > ROOM_BYTES


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HVE_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _patient_but_quick() -> Iterator[None]:
    """Retries happen as in production, their waiting does not."""
    with stamina.set_testing(True, attempts=10, cap=True):
        yield
