"""A service without an end holds no run: the others are read and published, and the rest later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.run import run_once
from hve_monitor.config import Config
from hve_monitor.https import Bounds
from ingest import http, read_tenant
from tests.contract.conftest import NOW, Site
from tests.contract.test_pipeline import quiet, traces, truth, usage
from tests.endless import ANSWERS, EndlessServer, endless

pytestmark = [pytest.mark.contract, pytest.mark.slow]
SHORT = Bounds(connect=2.0, read=0.3, seconds=0.5, bytes=1 << 20)
LATER = timedelta(hours=1)


def at(site: Site, server: EndlessServer) -> Config:
    """The configuration with Graph behind the server, both authorities trusted."""
    both = site.folder / "both.pem"
    both.write_bytes(site.server.ca_file.read_bytes() + server.ca_file.read_bytes())
    config = site.config()
    changed = {"graph": f"https://{server.place}/graph", "ca_bundle": str(both)}
    return config.model_copy(update={"endpoints": config.endpoints.model_copy(update=changed)})


@pytest.mark.parametrize(
    "name", ["a body, a byte at a time", pytest.param("a bomb", marks=pytest.mark.slow)]
)
def test_a_run_ends_with_what_it_has_and_the_next_one_has_the_rest(
    read_short_site: Site, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, config = read_short_site, read_short_site.config()
    monkeypatch.setattr(http, "PATIENCE_SECONDS", 0.9)
    monkeypatch.setattr(read_tenant, "https_client", lambda ca: http.Client(ca, SHORT))
    site.tenant.move_to(NOW + LATER)
    with endless(ANSWERS[name]) as server:
        outcome = run_once(at(site, server), NOW + LATER, quiet)
    assert server.connections
    read = traces(outcome.document)
    assert (outcome.exit_code, read.status, bool(read.error)) == (3, "failed", True)
    assert outcome.document.coverage.complete is False
    assert {part.status for part in outcome.document.sources if part.source == "accounts"} == {"ok"}

    monkeypatch.undo()
    assert run_once(config, NOW + LATER, quiet).exit_code == 0
    assert usage(config, NOW + LATER) == truth(site)
