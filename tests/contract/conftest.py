"""A simulated tenant over real HTTPS, with a configuration that points at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.demo import REQUESTS, write_configuration
from hve_monitor.config import Config, load_config
from simulator import Server, SimulatedTenant, serve

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


USUAL = {"seed": 11, "now": NOW, "days": 21, "staff": 60, "quota_requests": REQUESTS}


@dataclass
class Site:
    """A running simulator and the folder of a customer that uses it."""

    server: Server
    folder: Path
    file: Path

    @property
    def tenant(self) -> SimulatedTenant:
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
        tenant = SimulatedTenant(**USUAL | options)  # type: ignore[arg-type] # the options are the tests' own
        context = serve(tenant)
        server = context.__enter__()
        running.append(context)
        return Site(server, tmp_path, write_configuration(tmp_path, server))

    yield make
    for context in running:
        context.__exit__(None, None, None)  # type: ignore[attr-defined] # serve's context


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """The usual small tenant."""
    return make_site()
