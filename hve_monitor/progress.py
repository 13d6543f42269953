"""Progress of long work on stderr, so that stdout stays one document."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ingest.source import Progress as Report


@contextmanager
def progress_bar() -> Iterator[Report]:
    """A function that shows (what, step, steps); silent where stderr is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task, lock = bar.add_task("start", total=1), Lock()

        def report(what: str, step: int, steps: int) -> None:
            with lock:
                bar.update(task, description=what, completed=step, total=steps)

        yield report
