"""A simulated tenant over real HTTPS, with a configuration that points at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree, rmtree

import pytest

from actions.demo import REQUESTS, write_configuration
from actions.outcome import Outcome
from actions.run import run_once
from hve_monitor.config import Config, load_config
from tests.simulated import FaultyServer, FaultyTenant, serve

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


USUAL = {"seed": 11, "now": NOW, "days": 21, "staff": 60, "quota_requests": REQUESTS}


@dataclass
class Site:
    """A running simulator and the folder of a customer that uses it."""

    server: FaultyServer
    folder: Path
    file: Path

    @property
    def tenant(self) -> FaultyTenant:
        """The simulated tenant."""
        return self.server.tenant

    def config(self, *changes: tuple[str, str]) -> Config:
        """The configuration with texts of the file replaced."""
        text = self.file.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        changed = self.folder / "changed.toml"
        changed.write_text(text, encoding="utf-8")
        return load_config(changed)


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Starts a small simulated tenant and writes its configuration."""
    running: list[object] = []

    def make(**options: object) -> Site:
        tenant = FaultyTenant(**USUAL | options)  # type: ignore[arg-type] # the options are the tests' own
        context = serve(tenant)
        server = context.__enter__()
        running.append(context)
        return Site(server, tmp_path, write_configuration(tmp_path, server))

    yield make
    for context in running:
        context.__exit__(None, None, None)  # type: ignore[attr-defined] # serve's context


class FirstRuns:
    """Sites of which the first run was made once; every test finds its own as it was after it.

    A tenant of the same options sends the same mail, and a store is always put in the same place:
    its published file names its tables by their paths.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._outcomes: dict[str, Outcome] = {}

    @contextmanager
    def site(self, **options: object) -> Iterator[tuple[Site, Outcome]]:
        """A new tenant beside the store of its first run, and how that run ended."""
        name = "-".join(f"{option}={value}" for option, value in sorted(options.items())) or "usual"
        folder, kept = self._root / name, self._root / f"{name}.kept"
        rmtree(folder, ignore_errors=True)
        if kept.exists():
            copytree(kept, folder)
        else:
            folder.mkdir()
        tenant = FaultyTenant(**USUAL | options)  # type: ignore[arg-type] # of all kinds
        with serve(tenant) as server:
            site = Site(server, folder, write_configuration(folder, server))
            if name not in self._outcomes:
                self._outcomes[name] = run_once(site.config(), NOW, quiet)
                copytree(folder, kept)
            yield site, self._outcomes[name]


def quiet(_what: str, _step: int, _steps: int) -> None:
    """No progress."""


@pytest.fixture(scope="session")
def first_runs(tmp_path_factory: pytest.TempPathFactory) -> FirstRuns:
    """The first runs of this process."""
    return FirstRuns(tmp_path_factory.mktemp("first-runs"))


@pytest.fixture
def first_run(first_runs: FirstRuns) -> Iterator[tuple[Site, Outcome]]:
    """The usual small tenant after its first run at NOW, and how that run ended."""
    with first_runs.site() as read:
        yield read


@pytest.fixture
def read_site(first_run: tuple[Site, Outcome]) -> Site:
    """The usual small tenant after its first run at NOW."""
    return first_run[0]


@pytest.fixture
def read_short_site(first_runs: FirstRuns) -> Iterator[Site]:
    """Two weeks of a smaller tenant after its first run at NOW."""
    with first_runs.site(staff=40, days=14) as (site, _):
        yield site


@pytest.fixture
def small_site(make_site: Callable[..., Site]) -> Site:
    """A tenant of three days, for what does not depend on how much was sent."""
    return make_site(days=3, staff=10)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """The usual small tenant."""
    return make_site()
