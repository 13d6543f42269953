"""What a batch adds is found in the keys first; the other columns are read where they decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.warehouse.conftest import USUAL, land_rows, observations, traces
from warehouse.records import landing
from warehouse.store import Store

FAILED = USUAL | {"status": "failed"}


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries over stored rows, as they are asked."""
    texts: list[str] = []
    query: Callable[..., object] = landing.arrow

    def noted(connection: object, text: str, *values: object) -> object:
        texts.append(text)
        return query(connection, text, *values)

    monkeypatch.setattr(landing, "arrow", noted)
    return texts


def test_rows_whose_status_changed_are_told_by_one_reading(
    store: Store, readings: list[str]
) -> None:
    land_rows(store, *(USUAL | {"trace_id": name} for name in "abc"))
    readings.clear()
    assert land_rows(store, *(FAILED | {"trace_id": name} for name in "abc")).changed == 3
    assert readings == [landing.STORED]
    assert {row["subject"] for row in observations(store)[-3:]} == {"Payslip"}


def test_rows_of_the_same_status_are_compared_by_every_column(
    store: Store, readings: list[str]
) -> None:
    land_rows(store, *(USUAL | {"trace_id": name} for name in "abcdef"))
    readings.clear()
    others = {"subject": "Other", "size_bytes": 1, "from_ip": "192.0.2.9", "to_ip": "192.0.2.9"}
    others |= {"message_id": "<b@contoso.com>"}
    changes = [
        USUAL | {"trace_id": trace, name: value}
        for trace, (name, value) in zip("abcde", others.items(), strict=True)
    ]
    landed = land_rows(store, *changes, FAILED | {"trace_id": "f"}, USUAL | {"trace_id": "g"})
    assert (landed.new, landed.changed, landed.unchanged) == (1, 6, 0)
    assert readings == [landing.STORED, landing.CARRIED]
    assert land_rows(store, *changes).unchanged == 5


def test_what_some_rows_of_a_batch_lack_stays_known(store: Store) -> None:
    land_rows(store, USUAL | {"trace_id": "a"}, USUAL | {"trace_id": "b"})
    landed = land_rows(
        store, FAILED | {"trace_id": "a", "subject": None}, USUAL | {"trace_id": "b"}
    )
    assert (landed.changed, landed.unchanged) == (1, 1)
    row = observations(store)[-1]
    assert {name: row[name] for name in USUAL} == FAILED | {"trace_id": "a"}


def test_the_same_place_in_another_file_is_another_row(store: Store) -> None:
    for name in "abc":
        land_rows(store, USUAL | {"trace_id": name, "subject": name})
    landed = land_rows(store, *(USUAL | {"trace_id": name, "subject": name} for name in "cab"))
    assert landed.unchanged == 3


def test_fresh_rows_come_by_day_and_then_as_they_came(store: Store) -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    rows = traces(
        *(
            {"trace_id": name, "received_at": midnight + timedelta(hours=hours)}
            for name, hours in {"a": 2, "b": -2, "c": 1, "d": -1}.items()
        )
    )
    days = rows["received_at"].cast("timestamp[us]").cast("date32", safe=False)
    incoming = rows.append_column("day", days).append_column("row", [range(4)])
    fresh = landing.added_by(store, incoming, [], midnight)
    assert fresh["trace_id"].to_pylist() == ["b", "d", "a", "c"]
