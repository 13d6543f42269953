"""Whole runs with tables in an object store: what they end with is what they end with on a disk.

Killed behind any put, refused now and then, or lost with its disk: the next run ends at the truth.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from actions.run import run_once
from hve_monitor.clock import iso
from hve_monitor.config import Config
from tests import forked
from tests.contract.conftest import Site
from tests.contract.test_pipeline import quiet, truth, usage
from tests.object_store import Bucket, Front, front_of, moto, new_bucket
from warehouse.configured import store_of
from warehouse.maintenance.verification import verify
from warehouse.objects.lease import LEASE
from warehouse.reading import published_connection
from warehouse.tables import TABLES

pytestmark = [pytest.mark.contract, pytest.mark.slow]
# What a row of another run of the same work may have of its own.
OWN = ("batch", "observed_at", "first_seen", "subject_hash")  # the last is keyed by store


@pytest.fixture(scope="module")
def object_store() -> Iterator[int]:
    with moto() as port:
        yield port


@pytest.fixture
def bucket(object_store: int, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setenv("SECRET_OF_TESTS", "secret")
    return new_bucket(object_store)


@pytest.fixture
def front(bucket: Bucket) -> Iterator[Front]:
    with front_of(bucket.port) as server:
        yield server


def kept_in(site: Site, bucket: Bucket, folder: str = "store") -> Config:
    """The site's configuration with tables in the bucket, and everything else in a folder."""
    return site.config(('path = "store"\n', f'path = "{folder}"\n{bucket.toml}'))


def arguments(site: Site, command: str = "run") -> tuple[str, ...]:
    config = str(site.folder / "changed.toml")
    return (command, "--json", "--now", iso(site.tenant.now), "--config", config)


def ended(site: Site, command: str = "run") -> tuple[int, str]:
    """Exit code and last line of a command."""
    code, _, errors = forked.ended(*arguments(site, command))
    return code, (errors.strip().splitlines() or [""])[-1]


def shown(root: Path) -> dict[str, list[tuple[object, ...]]]:
    """Rows of every table of the published file, but for what is of a run alone."""
    rows = {}
    with published_connection(root) as connection:
        for table in TABLES:
            own = [name for name in OWN if name in table.schema.names]
            left = f"* exclude ({', '.join(own)})" if own else "*"
            query = f"select {left} from {table.published_name} order by all"
            rows[table.full_name] = connection.execute(query).fetchall()
    return rows


def test_runs_end_as_on_a_disk(make_site: Callable[..., Site], bucket: Bucket) -> None:
    site = make_site(staff=40, days=14)
    on_disk, in_bucket = site.config(), kept_in(site, bucket, "other")
    for _ in range(2):
        now = site.tenant.now
        assert run_once(on_disk, now, quiet).exit_code == 0
        assert run_once(in_bucket, now, quiet).exit_code == 0
        assert usage(in_bucket, now) == truth(site)
        theirs = shown(on_disk.warehouse.path)
        for name, rows in shown(in_bucket.warehouse.path).items():
            assert rows == theirs[name], name
        site.tenant.advance(timedelta(hours=6))
    assert not (in_bucket.warehouse.path / "facts").exists()
    with store_of(in_bucket) as store:
        findings, damages = verify(store)
    assert (damages, [one for one in findings if one.status == "fail"]) == ([], [])


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
def test_a_run_that_is_killed_behind_a_put_is_ended_on_an_empty_disk(
    make_site: Callable[..., Site], bucket: Bucket, front: Front
) -> None:
    site = make_site(staff=20, days=7)
    behind_front = replace(bucket, port=front.port)
    killed = 0
    for turn, puts in enumerate((1, 2, 3, 6, 9, 13, 20, 35)):
        config = kept_in(site, behind_front, f"store-{turn}")
        with front.turn:  # nothing is answered before it is known whom to kill
            process = forked.start_hve(*arguments(site))
            front.process, front.killed_after = process.pid, puts
        killed += forked.code_of(process, 300) == -9
        front.killed_after = None
        bucket.place.opened.remove(LEASE)  # it runs out
        site.tenant.advance(timedelta(minutes=15))
        if turn % 2:
            shutil.rmtree(config.warehouse.path)
    assert killed >= 6, "the puts lie inside the run"
    config = kept_in(site, bucket, "last")
    assert run_once(config, site.tenant.now, quiet).exit_code == 0
    assert usage(config, site.tenant.now) == truth(site)


def test_a_lost_machine_is_replaced_by_one_that_ends_at_the_truth(
    make_site: Callable[..., Site], bucket: Bucket
) -> None:
    site = make_site(staff=20, days=7)
    first = kept_in(site, bucket)
    assert run_once(first, site.tenant.now, quiet).exit_code == 0
    copy = bucket.place.opened.get("hve/state.db")[0]
    site.tenant.advance(timedelta(hours=6))
    assert run_once(first, site.tenant.now, quiet).exit_code == 0
    bucket.place.opened.put("hve/state.db", copy)  # the last copy was never put
    site.tenant.advance(timedelta(hours=6))
    second = kept_in(site, bucket, "second")
    assert run_once(second, site.tenant.now, quiet).exit_code == 0
    assert usage(second, site.tenant.now) == truth(site)
    whole = shown(second.warehouse.path)
    anew = site.config(('path = "store"\n', 'path = "anew"\n'))
    assert run_once(anew, site.tenant.now, quiet).exit_code == 0
    marts = ("marts.hve_usage_daily", "marts.hve_usage_hourly", "marts.hve_cost_daily")
    theirs = shown(anew.warehouse.path)
    assert {name: whole[name] for name in marts} == {name: theirs[name] for name in marts}


def test_refusals_and_slow_answers_delay_a_run_and_change_nothing(
    make_site: Callable[..., Site], bucket: Bucket, front: Front
) -> None:
    def fault(_method: str, _path: str, number: int) -> int | None:
        time.sleep(0.05 if number % 10 == 0 else 0)
        return 503 if number % 20 == 7 else None

    site = make_site(staff=20, days=7)
    front.fault = fault
    config = kept_in(site, replace(bucket, port=front.port))
    assert run_once(config, site.tenant.now, quiet).exit_code == 0
    assert usage(config, site.tenant.now) == truth(site)


def test_of_two_machines_at_once_one_is_told_to_wait(
    make_site: Callable[..., Site], bucket: Bucket
) -> None:
    site = make_site(staff=20, days=3)
    first, second = kept_in(site, bucket, "first"), kept_in(site, bucket, "second")
    with store_of(first):
        code, line = ended(site)
    assert code == 75
    assert "first (process" in line
    assert "has the tables until" in line
    assert run_once(second, site.tenant.now, quiet).exit_code == 0
    assert usage(second, site.tenant.now) == truth(site)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (("bucket-", "no-bucket-"), 2, "there is no such bucket"),
        (("SECRET_OF_TESTS", "NOT_SET"), 2, "the variable NOT_SET is not set"),
        (("127.0.0.1:", "127.0.0.1:1/"), 75, "does not answer"),
    ],
)
def test_what_is_wrong_with_the_place_is_one_line(
    make_site: Callable[..., Site], bucket: Bucket, change: tuple[str, str], code: int, words: str
) -> None:
    site = make_site(staff=10, days=3)
    toml = bucket.toml.replace(*change)
    site.config(('path = "store"\n', f'path = "store"\n{toml}'))
    ended_with, line = ended(site)
    assert (ended_with, words in line) == (code, True), line


def test_credentials_that_are_refused_end_a_run(
    make_site: Callable[..., Site], bucket: Bucket, front: Front
) -> None:
    site = make_site(staff=10, days=3)
    front.fault = lambda *_: 403
    kept_in(site, replace(bucket, port=front.port))
    code, line = ended(site)
    assert (code, "credentials are refused" in line) == (1, True), line
    code, _ = ended(site, "doctor")
    assert code == 3


def test_the_doctor_examines_the_place(make_site: Callable[..., Site], bucket: Bucket) -> None:
    site = make_site(staff=10, days=3)
    kept_in(site, bucket)
    _, output, _ = forked.ended(*arguments(site, "doctor"))
    checks = {check["check"]: check for check in json.loads(output)["checks"]}
    assert checks["tables"]["status"] == "ok", checks["tables"]
