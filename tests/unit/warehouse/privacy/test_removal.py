"""Removal from every kind of column, from old files, and from state.db."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from tests.unit.warehouse.conftest import NOW, land_rows, observations
from warehouse.privacy.erasure import erase_rows, left_over
from warehouse.privacy.old_files import forget_old_files
from warehouse.privacy.removal import begin, end, unfinished
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import HVE_INCIDENTS, MESSAGE_TRACES

ADA = "ada.lang@fabrikam.com"


def test_texts_in_lists_and_structs_are_overwritten(store: Store) -> None:
    signal = {"name": "loop", "score": 1.0, "state": "fired", "reason": f"800 to {ADA.upper()}"}
    row = {"tenant": "contoso", "id": "i1", "reasons": [f"{ADA} got 800"], "signals": [signal]}
    other = {"tenant": "contoso", "id": "i2", "reasons": ["nobody"], "signals": []}
    rows = pa.Table.from_pylist([row, other], schema=HVE_INCIDENTS.schema)
    store.delta.replace(HVE_INCIDENTS, rows, "contoso")
    (removed,) = erase_rows(store, "contoso", ADA).removed
    assert (removed.table, removed.rows_kept_without) == ("marts.hve_incidents", 1)
    left = {incident["id"]: incident for incident in stored_rows(store, HVE_INCIDENTS, "contoso")}
    assert left["i1"]["reasons"] == ["(erased) got 800"]
    assert left["i1"]["signals"][0]["reason"] == "800 to (erased)"
    assert left["i2"]["reasons"] == ["nobody"]
    assert left_over(store, "contoso", ADA).rows == 0


def test_a_removal_is_noted_once_and_every_step_may_be_repeated(store: Store) -> None:
    land_rows(store, {"recipient": ADA}, {"recipient": "b@x.y"})
    begun = begin(store, "contoso", ADA, NOW, "ada", f"{ADA} asked")
    assert begin(store, "contoso", ADA, NOW, "eve", "") == begun
    assert begun.reason == "(erased) asked"
    for _ in range(2):
        erase_rows(store, "contoso", ADA)
        forget_old_files(store)
    assert unfinished(store) == [begun]
    end(store, begun, "done")
    assert unfinished(store) == []
    recipients = {str(row["recipient"]) for row in observations(store)}
    assert "b@x.y" in recipients
    assert len(recipients) == 2
    assert ADA not in recipients
    assert not [file for file in store.root.rglob("*") if file.is_file() and ADA.encode() in
                file.read_bytes()]  # fmt: skip


def test_what_is_removed_leaves_one_version_and_the_table_works_on(store: Store) -> None:
    for number in range(3):
        land_rows(store, {"trace_id": f"t{number}", "recipient": ADA})
    erase_rows(store, "contoso", ADA)
    assert forget_old_files(store) > 3
    log = Path(store.delta.uri(MESSAGE_TRACES)) / "_delta_log"
    assert len(list(log.glob("*.json"))) == 1
    assert land_rows(store, {"trace_id": "t9"}).new == 1
    assert len(observations(store)) == 4


def test_the_audit_log_names_nobody(store: Store) -> None:
    land_rows(store, {"recipient": ADA})
    end(store, begin(store, "contoso", ADA, NOW, "eve", "asked"), "done")
    (entry,) = store.state.connection.execute("select what, target, who from audit").fetchall()
    assert entry[0] == "erase"
    assert entry[1].startswith("erased:")
    assert ADA not in entry[1]
