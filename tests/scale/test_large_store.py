"""A million rows in little memory: every sum is right, and a full build changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.inputs.store import END, fill
from hve_monitor.config import Tenant
from models.build import build
from warehouse.reading import published_connection
from warehouse.store import Store, open_store

pytestmark = pytest.mark.scale
ROWS, DAYS = 1_000_000, 5
TENANT = Tenant(name="contoso", accounts="files", timezone="Europe/Berlin")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    root: Path = tmp_path_factory.mktemp("scale")
    with open_store(root / "store", memory_limit="500MB") as opened:
        fill(opened, ROWS, DAYS)
        build(opened, [TENANT], END + timedelta(hours=1), lambda *_: None)
        yield opened


def test_every_row_is_counted_once(store: Store) -> None:
    with published_connection(store.root) as connection:
        hours = connection.execute("select sum(recipients) from marts.hve_usage_hourly").fetchall()
        days = connection.execute(
            "select sum(recipients), sum(billable_recipients), count(distinct day)"
            " from marts.hve_usage_daily"
        ).fetchall()
        facts = connection.execute(
            "select count(*) filter (where status = 'delivered') from raw.message_traces"
        ).fetchall()
    assert hours == [(ROWS,)]
    assert days == [(ROWS, facts[0][0], DAYS)]


def test_a_full_build_changes_nothing(store: Store) -> None:
    sql = "select * exclude (hour_utc), hour_utc from marts.hve_usage_hourly order by all"
    with published_connection(store.root) as connection:
        before = connection.execute(sql).fetchall()
    build(store, [TENANT], END + timedelta(hours=1), lambda *_: None, full=True)
    with published_connection(store.root) as connection:
        assert connection.execute(sql).fetchall() == before
