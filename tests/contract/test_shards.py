"""Two shards against the simulated tenant: each as if it were alone, whoever fails or dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from actions.run import run_once
from hve_monitor.clock import iso
from hve_monitor.config import Config, load_config
from models.overview.fleet import all_tenants
from tests.contract.conftest import NOW, Site
from tests.contract.test_pipeline import quiet, truth, usage
from warehouse.fleet import fleet_rows

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by signals"),
]
NOWHERE = "00000000-0000-0000-0000-00000000dead"


def two(site: Site, name: str, shards: tuple[str, str], other_id: str = "") -> Path:
    """hve.toml of a store of its own with the site's tenant twice, in these shards."""
    text = site.file.read_text(encoding="utf-8")
    text = text.replace("[[budgets]]", '[[budgets]]\ntenant = "contoso"')
    tenant = text[text.index("[[tenants]]") : text.index("[endpoints]")]
    first = tenant.replace('name = "contoso"', f'name = "contoso"\nshard = "{shards[0]}"')
    second = tenant.replace('name = "contoso"', f'name = "adatum"\nshard = "{shards[1]}"')
    second = second.replace(site.tenant.tenant_id, other_id or site.tenant.tenant_id)
    store = f'path = "{(site.folder / name).as_posix()}"'
    lines = [store if line.startswith("path = ") else line for line in text.splitlines()]
    file = site.folder / f"{name}.toml"
    file.write_text("\n".join(lines).replace(tenant.strip(), first + second), encoding="utf-8")
    return file


def command(file: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "cli", *words, "--config", str(file), "--now", iso(NOW)]


def ran(file: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(file, *words), capture_output=True, text=True, timeout=300, check=False
    )


def assert_true(site: Site, config: Config) -> None:
    for tenant in ("contoso", "adatum"):
        assert usage(config.of_tenant(tenant), NOW) == truth(site)


def test_shards_say_what_one_store_says(small_site: Site) -> None:
    file = two(small_site, "fleet", ("north", "south"))
    config = load_config(file)
    done = ran(file, "run", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert "failed_shards" not in document
    tenants = [source["tenant"] for source in document["sources"]]
    assert tenants == sorted(tenants, key=["contoso", "adatum"].index)
    assert document["coverage"]["complete"] is True
    assert_true(small_site, config)
    together = load_config(two(small_site, "together", ("", "")))
    run_once(together, NOW, quiet)
    assert set(fleet_rows(config.warehouse.path)) == {"contoso", "adatum"}
    assert all_tenants(config, NOW) == all_tenants(together, NOW)


def test_a_shard_whose_tenant_cannot_be_read_ends_no_other(small_site: Site) -> None:
    file = two(small_site, "fleet", ("north", "south"), NOWHERE)
    done = ran(file, "run", "--json")
    assert done.returncode == 3, done.stderr
    document = json.loads(done.stdout)
    states = {(part["tenant"], part["source"]): part["status"] for part in document["sources"]}
    assert states["adatum", "accounts"] == "failed"
    assert states["contoso", "message_traces"] == "ok"
    assert document["coverage"]["complete"] is False
    assert usage(load_config(file).of_tenant("contoso"), NOW) == truth(small_site)


def heed_interrupts() -> None:
    """What is started in the background ignores them, and so does what it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def started(file: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command(file, *words),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - no other thread of this process waits for it
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()


def worker(config: Config, tenant: str) -> int:
    """The process that reads the tenant, as soon as it does."""
    holder = config.of_tenant(tenant).warehouse.path / "locks" / f"tenant-{tenant}.holder"
    until = time.monotonic() + 120
    while not (holder.exists() and (words := holder.read_text(encoding="utf-8").split())):
        assert time.monotonic() < until
        time.sleep(0.01)
    return int(words[1])


def is_alive(process: int) -> bool:
    """Whether it is there and no zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return False
    return state[0] != "Z"


@pytest.mark.slow
def test_a_shard_that_is_killed_in_mid_run_loses_nothing(small_site: Site) -> None:
    file = two(small_site, "fleet", ("north", "south"))
    config = load_config(file)
    with started(file, "run", "--json") as process:
        os.kill(worker(config, "adatum"), signal.SIGKILL)
        out, _ = process.communicate(timeout=300)
    assert process.returncode == 3
    (failure,) = json.loads(out)["failed_shards"]
    assert failure["error"].startswith("shard south: its process was ended from outside")
    assert usage(config.of_tenant("contoso"), NOW) == truth(small_site)
    assert ran(file, "run").returncode == 0
    assert_true(small_site, config)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_shards_end_with_the_command_and_go_on_with_the_next(
    small_site: Site, number: signal.Signals
) -> None:
    file = two(small_site, "fleet", ("north", "south"))
    config = load_config(file)
    with started(file, "run") as process:
        workers = [worker(config, tenant) for tenant in ("contoso", "adatum")]
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode != 0
    until = time.monotonic() + 60
    while any(map(is_alive, workers)):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert ran(file, "run").returncode == 0
    assert_true(small_site, config)


@pytest.mark.slow
def test_a_schedule_serves_shards_and_stops_cleanly(small_site: Site) -> None:
    file = two(small_site, "fleet", ("north", "south"))
    config = load_config(file)
    with started(file, "run", "--every", "15s", "--json") as process:
        assert process.stdout is not None
        # A shard that takes longer than the interval is read on beside the next run.
        first, second = (json.loads(process.stdout.readline()) for _ in range(2))
        # As a service is stopped: every process of the group gets the signal.
        for number in (worker(config, "contoso"), process.pid):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGTERM)
        process.communicate(timeout=120)
    assert process.returncode == 0
    assert first["coverage"]["complete"] is True
    assert {source["status"] for source in second["sources"]} == {"ok"}
    assert_true(small_site, config)
