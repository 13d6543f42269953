"""Several tenants: none waits for another, none sees another."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from actions.readers import Readers
from actions.run import RunSummary, run_once
from actions.shards.processes import ShardProcesses
from actions.shards.runs import run_shards
from hve_monitor.config import Config
from tests.contract.conftest import NOW, Site
from tests.contract.test_pipeline import quiet, truth, usage
from tests.simulated import FaultyTenant, serving
from tests.simulated.serving import build_services

pytestmark = pytest.mark.contract
HANGING = "00000000-0000-0000-0000-00000000dead"
SECONDS = 300.0  # nobody waits for so long, unless something hangs that must not


class Hanging:
    """Answers of one tenant's login do not come until they are let go."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application
        self.asked, self.free = threading.Event(), threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything else on at once."""
        import asyncio

        if HANGING in scope.get("path", ""):
            self.asked.set()
            while not self.free.is_set():
                await asyncio.sleep(0.05)
        await self._application(scope, receive, send)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Hanging]]:
    """The applications that a simulator is started with; let go at the end."""
    made: list[Hanging] = []

    def build(tenant: FaultyTenant) -> Hanging:
        made.append(Hanging(build_services(tenant)))
        return made[-1]

    monkeypatch.setattr(serving, "build_services", build)
    yield made
    for number in made:
        number.free.set()


def with_second(site: Site) -> Config:
    """The site's tenant and before it one at the same place that hangs."""
    text = site.file.read_text(encoding="utf-8")
    tenant = text[text.index("[[tenants]]") : text.index("[endpoints]")]
    second = tenant.replace('name = "contoso"', 'name = "adatum"')
    second = second.replace(site.tenant.tenant_id, HANGING)
    return site.config((tenant, second + tenant))


def states(document: RunSummary) -> dict[tuple[str, str], str]:
    return {(part.tenant, part.source): part.status for part in document.sources}


@contextmanager
def beside(run: Callable[[], Any]) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield thread
    thread.join(SECONDS)
    assert not thread.is_alive()


def wait_for(told: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not told():
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.slow
def test_a_tenant_that_hangs_delays_no_other(
    hanging: list[Hanging], make_site: Callable[..., Site]
) -> None:
    site = make_site(staff=40, days=14)
    config = with_second(site)
    ended: list[Any] = []
    (endpoint,) = hanging
    with beside(lambda: ended.append(run_once(config, NOW, quiet))) as run:
        wait_for(config.warehouse.path.joinpath("hve.duckdb").exists)
        # Built and published, although the other one was asked first and says nothing yet.
        assert usage(config, NOW) == truth(site)
        assert endpoint.asked.is_set()
        assert run.is_alive()
        endpoint.free.set()
    (outcome,) = ended
    found = states(outcome.document)
    assert outcome.exit_code == 3
    assert found["contoso", "message_traces"] == "ok"
    assert found["adatum", "accounts"] == "failed"


@pytest.mark.slow
def test_on_a_schedule_a_slow_tenant_is_left_to_the_runs_after(
    hanging: list[Hanging], make_site: Callable[..., Site], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    site = make_site(staff=40, days=14)
    config = with_second(site)
    (endpoint,) = hanging
    with Readers() as readers:
        for _ in range(3):
            # No run waits for adatum: contoso is up to date at the end of each.
            outcome = run_once(config, site.tenant.now, quiet, readers, patience=0.0)
            while "contoso" in readers.slow:
                outcome = run_once(config, site.tenant.now, quiet, readers, patience=0.5)
            assert endpoint.asked.is_set()
            found = states(outcome.document)
            assert outcome.exit_code == 3
            assert found["contoso", "message_traces"] == "ok"
            assert found["adatum", "message_traces"] == "partial"
            assert usage(config, site.tenant.now) == truth(site)
            site.tenant.advance(timedelta(minutes=15))
        endpoint.free.set()
        outcome = run_once(config, site.tenant.now, quiet, readers)
    assert readers.slow == []
    assert states(outcome.document)["adatum", "accounts"] == "failed"
    assert usage(config, site.tenant.now) == truth(site)


@pytest.mark.slow
def test_a_slow_tenant_of_a_shard_is_left_to_the_runs_after(
    hanging: list[Hanging], make_site: Callable[..., Site]
) -> None:
    site = make_site(staff=40, days=14)
    together = with_second(site)
    inside = [tenant.model_copy(update={"shard": "north"}) for tenant in together.tenants]
    config = together.model_copy(update={"tenants": tuple(inside), "budgets": ()})
    own = config.of_shard("north")
    (endpoint,) = hanging
    with ShardProcesses(config) as processes:

        def run(patience: float | None) -> tuple[int, dict[tuple[str, str], str]]:
            outcome = run_shards(config, site.tenant.now, quiet, processes, patience)
            return outcome.exit_code, states(outcome.document)

        for _ in range(2):
            # The process that reads adatum goes on with it, and serves contoso meanwhile.
            code, seen = run(0.5)
            while seen["contoso", "message_traces"] == "partial":
                code, seen = run(0.5)
            assert endpoint.asked.is_set()
            assert (code, seen["adatum", "message_traces"]) == (3, "partial")
            assert usage(own, site.tenant.now) == truth(site)
            site.tenant.advance(timedelta(minutes=15))
        endpoint.free.set()
        code, seen = run(None)
    assert seen["adatum", "accounts"] == "failed"
    assert usage(own, site.tenant.now) == truth(site)
