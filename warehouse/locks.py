"""Locks between processes: one per tenant for ingest, one for building and publishing.

A lock is held by the operating system, so the lock of a dead process is free at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from hve_monitor.errors import LockedError, StoreError


@contextmanager
def exclusive(folder: Path, name: str, wait_seconds: float = 0.0) -> Iterator[None]:
    """Holds the lock `name` while the block runs.

    Raises: LockedError naming the holder when it is not free within wait_seconds, StoreError where
    no lock can be made.
    """
    lock, holder = FileLock(folder / f"{name}.lock"), folder / f"{name}.holder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise LockedError(
            f"{name}: another process is at work ({_who(holder)}); try again"
        ) from None
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}; free space or check the disk") from None
    try:
        holder.write_text(f"process {os.getpid()}", encoding="utf-8")
        yield
    finally:
        lock.release()


def _who(holder: Path) -> str:
    try:
        return holder.read_text(encoding="utf-8")
    except OSError:
        return "unknown process"
