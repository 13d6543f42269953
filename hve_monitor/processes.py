"""Processes that work for another one of ours and end with it."""

from __future__ import annotations

import os
from multiprocessing import parent_process
from threading import Thread

from hve_monitor.errors import FAILED


def end_with_parent() -> None:
    """Ends this process as soon as its parent has, however that came; a store outlasts it."""
    Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(FAILED)
