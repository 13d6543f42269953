"""A day of runs every 15 minutes, with faults: nothing is missed, doubled, or left to grow."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hve_monitor.config import Config, load_config
from hve_monitor.pipeline import run_once
from models.cards import incident_cards
from simulator import Faults
from simulator.receiver import Receiver, receive
from tests.contract.conftest import NOW, Site, make_site
from tests.contract.test_pipeline import quiet, truth, usage
from warehouse.publication import published

__all__ = ("make_site",)
pytestmark = pytest.mark.scale
QUARTER = timedelta(minutes=15)
RUNS = 96
FAULTS = Faults(
    seed=4,
    rate_429=0.02,
    rate_503=0.02,
    rate_reset=0.02,
    rate_truncated=0.02,
    rate_expired_link=0.02,
)
MOST_FILES_A_DAY = 200


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receive() as running:
        yield running


def configured(site: Site, receiver: Receiver) -> Config:
    """The simulated tenant and a webhook, both with their own certificates."""
    trusted = site.folder / "ca.pem"
    trusted.write_bytes(trusted.read_bytes() + Path(receiver.ca_file).read_bytes())
    text = site.file.read_text(encoding="utf-8")
    hook = f'url = "webhook+https://:canary@{receiver.place}/hook", min_severity = "low"'
    file = site.folder / "soak.toml"
    file.write_text(f"{text}\n[alerts]\ntargets = [{{ {hook} }}]\n", encoding="utf-8")
    return load_config(file)


def resident_mib() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * 4096 / 2**20


def files(config: Config) -> int:
    return sum(1 for file in config.warehouse.path.rglob("*") if file.is_file())


def openings(receiver: Receiver) -> Counter[str]:
    """How often each incident was told to have begun, digests apart."""
    bodies = [json.loads(each.body) for each in receiver.accepted]
    return Counter(
        body["key"] for body in bodies if body["stage"] == "opened" and body["key"] != "digest"
    )


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_a_day_of_runs_misses_and_doubles_nothing(
    make_site: Callable[..., Site],
    receiver: Receiver,
) -> None:
    site = make_site(staff=60, days=30, faults=FAULTS, ahead=timedelta(hours=60))
    config = configured(site, receiver)
    memory, counts = [], []
    for _ in range(RUNS):
        outcome = run_once(config, site.tenant.now, quiet)
        assert outcome.exit_code in (0, 3), outcome.document
        memory.append(resident_mib())
        counts.append(files(config))
        site.tenant.advance(QUARTER)
    site.tenant.faults = Faults()
    assert run_once(config, site.tenant.now, quiet).exit_code == 0
    assert usage(config, site.tenant.now) == truth(site)
    assert memory[-1] < 1.25 * memory[RUNS // 4], memory
    assert counts[-1] - counts[RUNS // 4] < MOST_FILES_A_DAY, counts
    with published(config.warehouse.path) as connection:
        cards = incident_cards(connection, site.tenant.now)
    ids = [card["id"] for card in cards]
    assert len(set(ids)) == len(ids)
    begun = {
        each["account"] for each in site.tenant.labels() if each["started_at"] > str(NOW.date())
    }
    assert begun, "an incident begins on this day"
    assert begun <= {card["account"] for card in cards if card["severity"] != "low"}
    messages = Counter(each.headers["x-hve-id"] for each in receiver.accepted)
    assert messages
    assert set(messages.values()) == {1}
    assert set(openings(receiver).values()) <= {1}
