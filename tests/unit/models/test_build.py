"""A build of what changed stores and publishes what a build of everything does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.unit.models.conftest import NOW, KeptStores, Workbench, at
from warehouse.connection import arrow, files_sql
from warehouse.delta.commit import DeltaFolder
from warehouse.privacy.erasure import erase_rows
from warehouse.records.stored import stored_days
from warehouse.tables import HVE_USAGE_CORRECTIONS, TABLES
from warehouse.walks import forget_walk

FIRST = at("2026-11-20")
QUARTER = timedelta(minutes=15)
ADA = "ada@fabrikam.com"
PEOPLE = (ADA, "b@contoso.com", "c@contoso.com", "aggregate:2")
MARTS = [
    table for table in TABLES if table.room == "marts" and table is not HVE_USAGE_CORRECTIONS
]  # a correction says when it was noted
PUBLISHED = (
    "select * from staging.stg_message_traces order by all",
    "select * from marts.hve_usage_daily order by all",
    "select * from marts.hve_usage_hourly order by all",
    "select * from marts.hve_activity order by all",
    "select * from marts.hve_undelivered order by all",
)


def sent(
    message: int, person: int, quarter: int, status: str | None, account: int
) -> dict[str, Any]:
    """A row of a message; one message may have rows in several quarter-hours, hours and days."""
    return {
        "trace_id": f"m{message}",
        "recipient": PEOPLE[person],
        "sender": f"app{account}@contoso.com",
        "received_at": FIRST + quarter * QUARTER,
        "status": status,
        "subject": None if message % 5 == 0 else f"News {message % 3}",
        "size_bytes": 1000 + message,
        "from_ip": ("192.0.2.10", "192.0.2.11", "198.51.100.7", "", None)[message % 5],
    }


statuses = st.sampled_from(["delivered", "Failed", "pending", "expanded", "quarantined", None])
rows = st.lists(
    st.builds(
        sent,
        message=st.integers(0, 12),
        person=st.integers(0, len(PEOPLE) - 1),
        quarter=st.integers(0, 3 * 96 - 1),
        status=statuses,
        account=st.integers(0, 1),
    ),
    min_size=1,
    max_size=8,
)
steps = st.lists(
    st.tuples(st.just("land"), rows)
    | st.tuples(st.just("die"), st.integers(0, 9))
    | st.tuples(st.just("erase"), st.just(ADA)),
    min_size=1,
    max_size=4,
)


def history(bench: Workbench) -> None:
    """Three days of two accounts that were built."""
    bench.land(*(sent(n % 11, n % 4, 7 * n, "delivered", n % 2) for n in range(40)))
    bench.build()


@given(taken=steps)
@settings(
    deadline=None,
    max_examples=4,
    phases=[Phase.generate],  # to shrink an example of builds takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@pytest.mark.property
def test_any_sequence_of_changes_ends_as_a_full_build(
    kept_stores: KeptStores, taken: list[tuple[str, Any]]
) -> None:
    with kept_stores.open(history) as bench:
        for number, now in enumerate(_moments(len(taken))):
            _take(bench, *taken[number], now)
            if number % 2:
                bench.build(now)
        bench.build(now)
        changed = _stored(bench), [bench.query(sql) for sql in PUBLISHED]
        forget_walk(bench.store.root, "contoso")
        bench.build(now, full=True)
        assert changed == (_stored(bench), [bench.query(sql) for sql in PUBLISHED])


def test_a_build_that_dies_after_it_kept_firsts_forgets_no_day(bench: Workbench) -> None:
    """The contact of the third day is met on the first one: it is no longer new on the third."""
    contact_alone: dict[str, Any] = {"subject": None, "from_ip": None}
    bench.land(sent(1, 0, 2 * 96, "delivered", 0) | contact_alone)
    bench.build()
    bench.land(sent(2, 0, 0, "delivered", 0) | contact_alone)
    append = DeltaFolder.append

    def dying(self: DeltaFolder, *args: Any, **named: Any) -> None:
        append(self, *args, **named)
        raise KeyboardInterrupt

    with suppress(KeyboardInterrupt), patch.object(DeltaFolder, "append", dying):
        bench.build(NOW + QUARTER)
    bench.build(NOW + 2 * QUARTER)
    counted = bench.query("select day, sum(new_recipients) from marts.hve_activity group by day")
    assert dict(counted) == {FIRST.date(): 1, (FIRST + 2 * 96 * QUARTER).date(): 0}


def _moments(count: int) -> Iterator[datetime]:
    yield from (NOW + (number + 1) * QUARTER for number in range(count))


def _take(bench: Workbench, kind: str, what: Any, now: datetime) -> None:
    if kind == "land":
        bench.land(*what, now=now)
    elif kind == "erase":
        erase_rows(bench.store, "contoso", what)
        # Marts keep what they counted of a person until their days are built again.
        bench.store.state.mark_dirty("contoso", stored_days(bench.store, "contoso"))
    else:
        with suppress(KeyboardInterrupt), _dying(what):
            bench.build(now, full=True)


def _dying(after: int) -> Any:
    """A process that ends when it has replaced so many tables."""
    replaced, replace = iter(range(after)), DeltaFolder.replace

    def dying(self: DeltaFolder, *args: Any, **named: Any) -> None:
        if next(replaced, None) is None:
            raise KeyboardInterrupt
        replace(self, *args, **named)

    return patch.object(DeltaFolder, "replace", dying)


def _stored(bench: Workbench) -> dict[str, list[dict[str, Any]]]:
    store = bench.store
    with store.compute() as connection:
        return {
            table.name: arrow(
                connection, f"from ({files_sql(table, store.delta.files(table))}) order by all"
            ).to_pylist()
            for table in MARTS
        }
