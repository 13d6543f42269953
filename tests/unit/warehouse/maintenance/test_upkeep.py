"""Upkeep makes files fewer and changes nothing that is read."""

from __future__ import annotations

import os
import re
import time
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from tests.places import ROOT
from tests.unit.warehouse.conftest import NOW, land_rows, observations
from warehouse.maintenance.upkeep import COLLECTED, EVERY_SECONDS, MOST_FILES, sweep, tidy
from warehouse.records.rejected_rows import reject
from warehouse.records.sign_ins import SignIn, record_sign_ins
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import FIRST_CONTACTS, MESSAGE_TRACES, REJECTED_ROWS, SIGN_INS, SMALL_TABLES

OLD = NOW - timedelta(days=5)


def test_a_closed_day_ends_as_one_file_with_one_observation_per_row(store: Store) -> None:
    for hour, status in enumerate(["pending", "delivered"]):
        land_rows(store, {"received_at": OLD, "status": status}, at=OLD + timedelta(hours=hour + 1))
    land_rows(store, {"received_at": OLD, "trace_id": "t2"}, at=OLD + timedelta(hours=3))
    assert tidy(store, "contoso", NOW) == 1
    assert len(store.delta.files(MESSAGE_TRACES, "contoso", [OLD.date()])) == 1
    first, second = sorted(observations(store), key=lambda row: str(row["trace_id"]))
    assert (first["trace_id"], first["status"]) == ("t1", "delivered")
    assert first["first_seen_at"] == OLD + timedelta(hours=1)
    assert first["observed_at"] == OLD + timedelta(hours=2)
    assert second["trace_id"] == "t2"


def test_an_open_day_is_left_alone_until_it_has_too_many_files(store: Store) -> None:
    store.state.record_upkeep("contoso", time.time())
    for number in range(MOST_FILES):
        land_rows(store, {"trace_id": f"t{number}"})
    assert tidy(store, "contoso", NOW) == 0
    land_rows(store, {"trace_id": "one more"})
    assert tidy(store, "contoso", NOW) == 1
    assert len(store.delta.files(MESSAGE_TRACES, "contoso")) == 1
    assert len(observations(store)) == MOST_FILES + 1


def test_a_night_is_tidied_once(store: Store) -> None:
    for number in range(2):
        land_rows(store, {"received_at": OLD, "trace_id": f"t{number}"})
    assert tidy(store, "contoso", NOW) == 1
    for number in range(2):
        land_rows(store, {"received_at": OLD, "trace_id": f"u{number}"})
    assert tidy(store, "contoso", NOW) == 0
    store.state.record_upkeep("contoso", time.time() - EVERY_SECONDS)
    assert tidy(store, "contoso", NOW) == 1


def test_rows_that_come_after_a_tidying_are_compared_with_it(store: Store) -> None:
    for number in range(2):
        land_rows(store, {"received_at": OLD, "trace_id": f"t{number}"})
    tidy(store, "contoso", NOW)
    again = land_rows(store, {"received_at": OLD, "trace_id": "t0"})
    assert (again.new, again.changed) == (0, 0)


def test_files_that_nobody_names_go_after_a_day_and_not_before(store: Store) -> None:
    for number in range(2):
        land_rows(store, {"received_at": OLD, "trace_id": f"t{number}"})
    before = set(store.delta.files(MESSAGE_TRACES))
    tidy(store, "contoso", NOW)
    sweep(store)
    assert all(Path(file).exists() for file in before)
    store.state.record_upkeep("*", 0)
    a_day_ago = time.time() - 25 * 3600
    log = Path(store.delta.uri(MESSAGE_TRACES)) / "_delta_log"
    for file in [*map(Path, before), *log.glob("*.json")]:
        os.utime(file, (a_day_ago, a_day_ago))
    sweep(store)
    assert len(observations(store)) == 2


def test_searchable_files_have_bloom_filters_on_what_is_looked_for(store: Store) -> None:
    for number in range(2):
        land_rows(store, {"received_at": OLD, "trace_id": f"t{number}"})
    tidy(store, "contoso", NOW)
    (file,) = store.delta.files(MESSAGE_TRACES)
    rows = duckdb.execute(
        "select path_in_schema, bloom_filter_offset is not null from parquet_metadata($file)",
        {"file": file},
    ).fetchall()
    assert {name for name, has in rows if has} == {"trace_id", "message_id", "recipient"}


def test_first_contacts_are_merged_to_the_earliest(store: Store) -> None:
    import pyarrow as pa

    store.state.record_upkeep("contoso", time.time())
    for hours in range(MOST_FILES + 1, 0, -1):
        row = {
            "tenant": "contoso",
            "account": "hr@contoso.com",
            "recipient": "a@contoso.com",
            "first_at": NOW - timedelta(hours=MOST_FILES + 1 - hours),
        }
        store.delta.append(FIRST_CONTACTS, pa.Table.from_pylist([row], FIRST_CONTACTS.schema))
    tidy(store, "contoso", NOW)
    (file,) = store.delta.files(FIRST_CONTACTS)
    rows = duckdb.execute("select count(*), min(first_at) from read_parquet($f)", {"f": file})
    assert rows.fetchall() == [(1, NOW - timedelta(hours=MOST_FILES))]


def test_tables_without_days_keep_few_files_and_every_row(store: Store) -> None:
    for number in range(3 * MOST_FILES):
        reject(store, "contoso", "export.csv", [(number, "odd")], NOW + timedelta(hours=number))
        tidy(store, "contoso", NOW + timedelta(hours=number))
    assert len(store.delta.files(REJECTED_ROWS, "contoso")) <= MOST_FILES
    rows = stored_rows(store, REJECTED_ROWS, "contoso")
    assert sorted(row["line"] for row in rows) == list(range(3 * MOST_FILES))
    assert len({row["batch"] for row in rows}) == 3 * MOST_FILES


def test_another_tenants_files_are_left_alone(store: Store) -> None:
    for number in range(MOST_FILES + 1):
        for tenant in ("contoso", "fabrikam"):
            reject(store, tenant, "export.csv", [(number, "odd")], NOW)
    tidy(store, "contoso", NOW)
    assert len(store.delta.files(REJECTED_ROWS, "contoso")) == 1
    assert len(store.delta.files(REJECTED_ROWS, "fabrikam")) == MOST_FILES + 1


def sign_in(number: int, at: datetime) -> SignIn:
    unknown = dict.fromkeys(
        (
            "account", "user_principal_name", "ip_address", "client_app_used", "app_display_name",
            "app_id", "error_code", "failure_reason", "conditional_access_status", "country",
        )
    )  # fmt: skip
    return SignIn(
        **{"id": f"s{number}", "created_at": at, "is_service_principal": False, **unknown}
    )


def test_closed_days_of_sign_ins_end_as_one_file_each(store: Store) -> None:
    for number in range(3):
        at = [OLD, OLD - timedelta(days=1)]
        record_sign_ins(store, "contoso", [sign_in(2 * number + n, at[n]) for n in (0, 1)], NOW)
    tidy(store, "contoso", NOW)
    assert len(store.delta.files(SIGN_INS, "contoso")) == 2
    assert len(stored_rows(store, SIGN_INS, "contoso")) == 6


APPENDING = re.compile(r"(?:delta\.append\(|append_rows\(store,|Observed\()\s*([A-Z_]+)\b")


def test_every_delta_table_that_only_grows_is_compacted() -> None:
    rooms = [file for room in ("models", "warehouse") for file in (ROOT / room).rglob("*.py")]
    appended = {
        name for file in rooms for name in APPENDING.findall(file.read_text(encoding="utf-8"))
    }
    # Traces are rewritten by day, identities by their own module.
    kept = {table.name.upper() for table in COLLECTED} | {"MESSAGE_TRACES", "IDENTITIES"}
    small = {table.name.upper() for table in SMALL_TABLES}
    assert len(appended) > 10
    assert appended - small <= kept
