"""Progress of long work on stderr, so that stdout stays one document."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ingest.source import Progress as Report

LINE_EVERY_SECONDS = 60


@contextmanager
def progress_bar() -> Iterator[Report]:
    """A function that shows (what, step, steps): a bar, or without a terminal a line a minute."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task, lock = bar.add_task("start", total=1), Lock()
        last_line = time.monotonic()

        def report(what: str, step: int, steps: int) -> None:
            nonlocal last_line
            with lock:
                bar.update(task, description=what, completed=step, total=steps)
                if not console.is_terminal and time.monotonic() - last_line >= LINE_EVERY_SECONDS:
                    last_line = time.monotonic()
                    sys.stderr.write(f"{what}\n")

        yield report
