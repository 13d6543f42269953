"""A day of runs every quarter of an hour, through faults: what is told is told once, nothing grows.

The runs happen in one process that stays, as `hve run --every 15m` does; the tenant's clock and
`now` move together, so that the day takes minutes.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from actions.run import run_once
from hve_monitor.clock import iso
from hve_monitor.config import Config, load_config
from models.incidents.cards import incident_cards
from tests.contract.conftest import NOW, Site
from tests.contract.conftest import make_site as make_site  # noqa: PLC0414 - a fixture used here
from tests.contract.test_faults import FIVE_PERCENT
from tests.contract.test_pipeline import quiet, truth, usage
from tests.receiver import Receiver, receive
from tests.simulated import Faults
from warehouse import walks
from warehouse.configured import store_of
from warehouse.lookup import contact_files
from warehouse.maintenance.upkeep import MOST_FILES
from warehouse.maintenance.verification import verify
from warehouse.reading import read_published
from warehouse.tables import TABLES

pytestmark = pytest.mark.scale
RUNS, QUARTER = 96, timedelta(minutes=15)
WARM, SWEEP_EVERY = 24, 24
TARGET = """
[alerts]
targets = [{{ name = "soc", url = "webhook+https://{place}/hook", min_severity = "low", digest = false }}]
"""  # noqa: E501 - TOML's inline tables are one line

# Retries happen as in production, their waiting does not. Replaced files usually stay for a day,
# which is longer than this one takes.
RUNNER = """
import gc, json, os, sys
from pathlib import Path
import stamina
from hve_monitor.clock import parse_time
from hve_monitor.config import load_config
from hve_monitor.document import encoded
from actions.run import run_once
from warehouse.maintenance import upkeep

upkeep.KEEP_HOURS = 0
stamina.set_testing(True, attempts=10, cap=True)
config = load_config(Path(sys.argv[1]))
for line in sys.stdin:
    outcome = run_once(config, parse_time(line.strip(), "now"), lambda *_: None)
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    told = {"exit_code": outcome.exit_code, "rss": pages * os.sysconf("SC_PAGE_SIZE"),
            "handles": len(os.listdir("/proc/self/fd")), "alerts": encoded(outcome.document.alerts)}
    print(json.dumps(told), flush=True)
"""


@dataclass(frozen=True)
class Day:
    """What each run told, and (data files, files of walks, other files) after each sweep."""

    site: Site
    config: Config
    told: list[dict[str, Any]]
    swept: list[tuple[int, int, int]]


@contextmanager
def runner(file: Path) -> Iterator[subprocess.Popen[str]]:
    """The process that stays; it runs once for each time that it is told."""
    command = [sys.executable, "-c", RUNNER, str(file)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run(process: subprocess.Popen[str], site: Site) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{iso(site.tenant.now)}\n")
    process.stdin.flush()
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told


def make_sweep_due(config: Config) -> None:
    with store_of(config) as store:
        for who in ("contoso", "*"):
            store.state.record_upkeep(who, 0)


def data_files(config: Config) -> int:
    return sum("_delta_log" not in file.parts for file in config.warehouse.path.rglob("*.parquet"))


def walk_files(config: Config) -> int:
    folder = config.warehouse.path / walks.FOLDER
    return sum(path.is_file() for path in folder.rglob("*"))


def contact_days(config: Config) -> list[str]:
    """The day of each file of contacts."""
    files = (config.warehouse.path / contact_files.FOLDER).rglob("*.parquet")
    return sorted(file.name[:10] for file in files)


def other_files(config: Config) -> int:
    """Files of the store that belong to no table and no walk."""
    root = config.warehouse.path
    rooms = {root / table.room for table in TABLES}
    rooms |= {root / walks.FOLDER, root / contact_files.FOLDER}
    everything = (path for path in config.warehouse.path.rglob("*") if path.is_file())
    return sum(rooms.isdisjoint(file.parents) for file in everything)


def most_active_files(config: Config) -> int:
    """Files that the newest version of the fullest partition consists of."""
    with store_of(config) as store:
        folders = Counter(
            Path(file).parent for table in TABLES for file in store.delta.files(table)
        )
    return max(folders.values())


def incidents(config: Config, since: Any, now: Any) -> dict[str, tuple[str, str, str]]:
    with read_published(config.warehouse.path, now) as published:
        cards = incident_cards(published)
    return {
        card.id: (card.kind, card.account, iso(card.detected_at))
        for card in cards
        if iso(card.detected_at) > iso(since)
    }


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Refuses every fourth message at first."""
    with receive() as running:
        refusals = cycle([(200, {}), (200, {}), (503, {}), (200, {})])
        running.answers = [next(refusals) for _ in range(400)]
        yield running


@pytest.fixture
def watched(make_site: Callable[..., Site], receiver: Receiver) -> Site:
    """A tenant in which something will go on, its service disturbed and its tokens short-lived."""
    site = make_site(
        staff=40,
        days=30,
        faults=Faults(seed=4, **FIVE_PERCENT),
        token_seconds=2,
        ahead=timedelta(hours=58),
    )
    joined = receiver.ca_file.read_bytes() + (site.folder / "ca.pem").read_bytes()
    (site.folder / "ca.pem").write_bytes(joined)
    text = site.file.read_text(encoding="utf-8") + TARGET.format(place=receiver.place)
    site.file.write_text(text, encoding="utf-8")
    return site


@pytest.fixture
def day(watched: Site) -> Day:
    """The runs of a day and what was there after each sweep."""
    config, told, swept = load_config(watched.file), [], []
    with runner(watched.file) as process:
        told.append(run(process, watched))
        for number in range(1, RUNS + 1):
            watched.tenant.advance(QUARTER)
            if number % SWEEP_EVERY == 0:
                make_sweep_due(config)
            told.append(run(process, watched))
            if number % SWEEP_EVERY == 0:
                swept.append((data_files(config), walk_files(config), other_files(config)))
    return Day(watched, config, told, swept)


def middle(told: list[dict[str, Any]], name: str) -> float:
    return statistics.median(report[name] for report in told)


@pytest.mark.skipif(sys.platform != "linux", reason="memory and handles are read from /proc")
def test_a_day_of_runs_is_flat_and_tells_everything_once(day: Day, receiver: Receiver) -> None:
    site, config, now = day.site, day.config, day.site.tenant.now
    assert min(site.tenant.fault_counts[kind] for kind in ("429", "503", "reset", "truncated")) > 20
    assert {report["exit_code"] for report in day.told} == {0}
    assert usage(config, now) == truth(site)
    assert_flat(day)
    told_once(receiver, incidents(config, NOW, now), now)
    site.tenant.faults = Faults()
    undisturbed = site.config(('path = "store"', 'path = "undisturbed"'))
    assert run_once(undisturbed, now, quiet).exit_code == 0
    assert incidents(config, NOW, now) == incidents(undisturbed, NOW, now)
    with store_of(config) as store:
        assert verify(store)[1] == []


def assert_flat(day: Day) -> None:
    warm, last = day.told[WARM : WARM + 12], day.told[-12:]
    assert middle(last, "rss") < 1.1 * middle(warm, "rss")
    assert middle(last, "handles") <= middle(warm, "handles")
    files, walked, others = zip(*day.swept, strict=True)
    # What was replaced goes with the next sweep; the new day adds a file to each daily table.
    assert files[-1] <= 1.3 * files[0]
    assert others[-1] <= others[0]
    contacts = contact_days(day.config)
    assert contacts == sorted(set(contacts)), "a closed day has one file of contacts"
    # The one slice of accounts gains the hours of the day that ended, and a morning at most.
    assert walked[-1] <= walked[0] + 2
    assert most_active_files(day.config) <= MOST_FILES + 1


def told_once(receiver: Receiver, found: dict[str, Any], now: datetime) -> None:
    """Every incident has one message of each stage, and none is told that is not there."""
    messages = [request.json for request in receiver.accepted]
    parts = [part for message in messages for part in message.get("entries", [message])]
    stages = Counter((part["type"], part["key"]) for part in parts)
    assert len({message["id"] for message in messages}) == len(messages)
    assert [request for request in receiver.received if request.status == 503], (
        "some were refused at first"
    )
    opened = {key for stage, key in stages if stage == "incident.opened"}
    resolved = {key for stage, key in stages if stage == "incident.resolved"}
    once = [n for (stage, _), n in stages.items() if stage != "incident.updated"]
    assert set(once) == {1}
    expected = {f"incident:{number}" for number in found}
    assert expected, "something went on"
    assert expected <= opened
    assert resolved <= opened
