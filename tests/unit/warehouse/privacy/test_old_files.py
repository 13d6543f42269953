"""Old files and log entries go, and the store can be read and cleaned again in the same process."""

from __future__ import annotations

from tests.unit.warehouse.conftest import land_rows, observations
from warehouse.privacy.old_files import forget_old_files
from warehouse.store import Store
from warehouse.tables import MESSAGE_TRACES


def test_a_second_removal_of_the_same_process_finds_the_log_as_the_first_left_it(
    store: Store,
) -> None:
    land_rows(store, {})
    store.delta.clean(MESSAGE_TRACES, keep_hours=24)
    land_rows(store, {"trace_id": "t2"})
    for _ in range(3):
        forget_old_files(store)
    assert [row["trace_id"] for row in observations(store)] == ["t1", "t2"]
