"""Who computes the tasks of a build: processes of this machine, or Spark's executors.

A task is a function of a module and a value that can be pickled. The workers see the store at a
folder that may have another name for them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from hve_monitor.errors import ModelError
from hve_monitor.processes import end_with_parent
from warehouse.delta.written import WrittenFile
from warehouse.store import Store
from warehouse.tables import Table

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Work = TypeVar("Work")
Done = TypeVar("Done")
MEBIBYTES = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024**2}
LEAST_MIB = 256


class Workers(Protocol):
    """Compute tasks side by side."""

    @property
    def count(self) -> int:
        """How many tasks run at once."""

    @property
    def least_rows(self) -> int:
        """Fewer trace rows are not worth their start: the build computes them itself."""

    @property
    def memory_limit(self) -> str:
        """What one task may take, as DuckDB writes it."""

    @property
    def location(self) -> Path | None:
        """Where the workers see the store, when that is another folder than its own."""

    def run(self, function: Callable[[Work], Done], tasks: Sequence[Work]) -> list[Done]:
        """What the function makes of every task, in their order.

        Raises: ModelError when a worker is lost.
        """


class LocalWorkers:
    """Processes of this machine, which share the store's memory limit."""

    location = None
    least_rows = 200_000

    def __init__(self, pool: ProcessPoolExecutor, count: int, memory_limit: str) -> None:
        self._pool, self.count, self.memory_limit = pool, count, memory_limit

    def run(self, function: Callable[[Work], Done], tasks: Sequence[Work]) -> list[Done]:
        """What the function makes of every task, in their order."""
        from concurrent.futures.process import BrokenProcessPool

        try:
            return list(self._pool.map(function, tasks))
        except BrokenProcessPool:
            raise ModelError(
                "a process of --jobs was ended from outside (out of memory?); the days stay to be"
                " built: take fewer jobs"
            ) from None


@contextmanager
def local_workers(count: int, memory_limit: str) -> Iterator[LocalWorkers]:
    """So many processes; they start with the first task and end with the build."""
    from concurrent.futures import ProcessPoolExecutor

    # Forked ones would inherit locks of threads that they do not have.
    spawned = get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=spawned, initializer=end_with_parent) as pool:
        yield LocalWorkers(pool, count, shared_memory(memory_limit, count))


def shared_memory(limit: str, tasks: int) -> str:
    """What one of so many tasks may take of a limit such as `4GB`; too little would only spill."""
    number, unit = re.fullmatch(r"([\d.]+)\s*([KMGT])i?B", limit).groups()  # type: ignore[union-attr] # checked with the configuration
    return f"{max(LEAST_MIB, round(float(number) * MEBIBYTES[unit] / tasks))}MiB"


@dataclass(frozen=True)
class SharedFolder:
    """The store as the workers see it: the same folder, or another one that both can reach.

    Where the tables lie elsewhere (`warehouse.tables`), the files of a build are copied to and fro.
    """

    store: Store
    location: Path | None

    @property
    def root(self) -> Path:
        """The folder of the store for a worker."""
        if self.location is not None:
            return self.location.absolute()
        return (self._copies if self._is_apart else self.store.root).absolute()

    @property
    def _copies(self) -> Path:
        return self.store.spill / "lent"

    @property
    def _is_apart(self) -> bool:
        """Whether the tables lie elsewhere than the store."""
        return self.store.delta.side.uri("").rstrip("/") != str(self.store.root)

    @property
    def scratch(self) -> Path:
        """What tasks leave for later tasks; it ends with the build."""
        return self.root / "spill" / "tasks"

    def lent(self, files: Sequence[str]) -> list[str]:
        """Names below the root of files of the store, which the workers can read now."""
        names = [self._name(file) for file in files]
        for name in names:
            self._fetch(name)
        return names

    def _name(self, file: str) -> str:
        side = self.store.delta.side
        if side.is_remote:
            return file.removeprefix(side.uri(""))
        return Path(file).absolute().relative_to(Path(side.uri("")).absolute()).as_posix()

    def _fetch(self, name: str) -> None:
        """Copies a file whose name stands for its content, unless it is there already."""
        target = self.root / name
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.new")
        with self.store.delta.side.read(name) as source, fresh.open("wb") as copy:
            shutil.copyfileobj(source, copy)
        fresh.replace(target)

    def take(
        self, table: Table, files: Sequence[WrittenFile], tenant: str, days: Sequence[date] | None
    ) -> None:
        """Commits what workers wrote, as `DeltaFolder.add_files`."""
        side = self.store.delta.side
        for file in files:
            name = f"{table.folder}/{file.path}"
            if side.facts(name) is None:
                side.write(name, (self.root / name).read_bytes())
        self.store.delta.add_files(table, files, tenant, days)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Makes room for what tasks leave, and removes it afterwards."""
        left = self.scratch if self.root != self._copies.absolute() else self.root
        shutil.rmtree(left, ignore_errors=True)
        self.scratch.mkdir(parents=True, mode=0o700)
        try:
            yield
        finally:
            shutil.rmtree(left, ignore_errors=True)
