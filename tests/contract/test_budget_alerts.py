"""A passed budget threshold is told once for each threshold and period, by a real run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from actions.run import run_once
from hve_monitor.config import Config
from tests.contract.conftest import NOW, Site
from tests.contract.test_pipeline import quiet
from tests.receiver import Receiver, receive

pytestmark = pytest.mark.contract
TARGET = 'targets = [{ url = "webhook+https://PLACE/hook", audience = ["finops"], digest = false }]'


def configured(site: Site, receiver: Receiver, amount: float) -> Config:
    bundle = (site.folder / "ca.pem").read_bytes() + receiver.ca_file.read_bytes()
    (site.folder / "ca.pem").write_bytes(bundle)
    alerts = f"amount = {amount}\n\n[alerts]\n{TARGET.replace('PLACE', receiver.place)}\n"
    return site.config(("amount = 5.0\n", alerts))


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return [request.json for request in receiver.accepted if request.json["kind"] == "budget"]


@pytest.mark.slow
def test_a_threshold_is_told_once(make_site: Callable[..., Site]) -> None:
    site = make_site(staff=40, days=30)
    with receive() as receiver:
        config = configured(site, receiver, 0.0001)
        assert run_once(config, NOW, quiet).exit_code == 0
        site.tenant.advance(timedelta(minutes=15))
        run_once(config, site.tenant.now, quiet)
        (one,) = told(receiver)
    assert one["type"] == "budget.opened"
    assert one["title"] == "[medium] budget all: 100 % used"
    assert one["details"]["threshold"] == 1.0
