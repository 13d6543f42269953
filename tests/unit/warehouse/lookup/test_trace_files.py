"""Which files of the message trace a search reads."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.unit.warehouse.conftest import NOW, land_rows
from warehouse.lookup.trace_files import trace_rows
from warehouse.maintenance.upkeep import tidy
from warehouse.publication import publish
from warehouse.reading import published_connection
from warehouse.store import Store

OLD = NOW - timedelta(days=10)
DAYS = [OLD - timedelta(days=number) for number in range(3)]


def days_of(select: str) -> list[str]:
    return sorted(set(re.findall(r"day=(\d{4}-\d\d-\d\d)", select)))


def fill(store: Store) -> list[str]:
    """One row in each of three closed days, tidied, and one today; the days as text."""
    for number, moment in enumerate(DAYS):
        row = {"trace_id": f"t{number}", "received_at": moment, "message_id": f"<m{number}@c>"}
        land_rows(store, row, row | {"trace_id": "other", "recipient": f"{number}@contoso.com"})
    tidy(store, "contoso", NOW)
    land_rows(store, {"trace_id": "today"})
    publish(store, NOW, lambda _: None)
    return [f"{moment.date()}" for moment in DAYS]


def narrowed(root: Path, **wanted: Any) -> tuple[list[str], list[str]]:
    """Days of the files that are read, and of those with revisions."""
    with published_connection(root) as connection:
        rows = trace_rows(connection, **wanted)
        assert rows is not None
        connection.execute(rows.rows).fetchall()
        return days_of(rows.rows), days_of(rows.revised)


def test_a_search_reads_the_days_that_may_hold_it(store: Store) -> None:
    days, today = fill(store), f"{NOW.date()}"
    assert narrowed(store.root) == (sorted([*days, today]), [])
    assert narrowed(store.root, tenant="fabrikam")[0] == []
    assert narrowed(store.root, since=DAYS[1], until=DAYS[0])[0] == [days[1], days[0]]
    assert narrowed(store.root, names={"trace_id": ["t1"]})[0] == [days[1], today]
    assert narrowed(store.root, names={"message_id": ["m2@c", "<m2@c>"]})[0] == [days[2], today]
    assert narrowed(store.root, names={"recipient": ["2@contoso.com"]})[0] == [days[2], today]
    both = {"trace_id": ["t1"], "recipient": ["2@contoso.com"]}
    assert narrowed(store.root, names=both, until=DAYS[0])[0] == []


def test_days_with_a_revision_are_known(store: Store) -> None:
    days = fill(store)
    land_rows(store, {"trace_id": "t1", "received_at": DAYS[1], "status": "failed"}, at=NOW)
    publish(store, NOW, lambda _: None)
    assert narrowed(store.root)[1] == [days[1]]
    assert narrowed(store.root, names={"trace_id": ["t0"]})[1] == [days[1]]
    tidy(store, "contoso", NOW + timedelta(days=1))
    store.state.record_upkeep("contoso", 0)
    tidy(store, "contoso", NOW)
    publish(store, NOW, lambda _: None)
    assert narrowed(store.root)[1] == []


def test_a_moved_store_names_its_own_files(store: Store, tmp_path: Path) -> None:
    days = fill(store)
    copy = tmp_path / "it's a copy"
    shutil.copytree(store.root, copy)
    store.root.rename(tmp_path / "gone")
    assert narrowed(copy, names={"trace_id": ["t1"]})[0] == [days[1], f"{NOW.date()}"]


def test_an_empty_store_and_one_of_an_earlier_version(store: Store) -> None:
    publish(store, NOW, lambda _: None)
    assert narrowed(store.root) == ([], [])
    publish(store, NOW, lambda connection: connection.execute("drop table state.trace_files"))
    with published_connection(store.root) as connection:
        assert trace_rows(connection) is None


def test_a_day_that_came_in_one_batch_gets_its_filters_at_night(store: Store) -> None:
    land_rows(store, *({"trace_id": f"t{number}", "received_at": OLD} for number in range(3)))
    assert tidy(store, "contoso", NOW) == 1
    store.state.record_upkeep("contoso", 0)
    assert tidy(store, "contoso", NOW) == 0
    publish(store, NOW, lambda _: None)
    assert narrowed(store.root, names={"trace_id": ["nowhere"]})[0] == []
