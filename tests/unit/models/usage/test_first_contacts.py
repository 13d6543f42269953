"""What is first of an account, from what is stored and what the days being built say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from models.engine.workplace import Workplace
from models.usage.first_contacts import earlier_sql, offer_kept
from warehouse.connection import compute
from warehouse.tables import FIRST_CONTACTS, FIRST_SOURCES, Table

APP = "app@contoso.com"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    with compute(tmp_path / "spill") as connection:
        yield Workplace(connection)


def on(day: int, hour: int = 8) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=UTC)


def offer(place: Workplace, schema: str, table: Table, rows: dict[str, list[datetime]]) -> None:
    listed = [
        dict(zip(table.key, ("contoso", APP, value), strict=True)) | {"first_at": moment}
        for value, moments in rows.items()
        for moment in moments
    ]
    place.offer_rows(f"{schema}.{table.name}", pa.Table.from_pylist(listed, table.schema))


def earlier(place: Workplace, table: Table) -> dict[str, tuple[datetime, datetime | None]]:
    offer_kept(place, table)
    return {
        row[table.key[-1]]: (row["first_at"], row["displaced_at"])
        for row in place.rows(earlier_sql(table)).to_pylist()
    }


def test_a_contact_is_kept_where_it_is_new_or_earlier_than_its_earliest_stored_first(
    place: Workplace,
) -> None:
    """Day 20 is built again. Of two stored firsts of a contact the earlier one holds."""
    seen = {"new": [on(20)], "late": [on(20)], "known": [on(20)], "corrected": [on(20)]}
    offer(place, "marts", FIRST_CONTACTS, seen | {"same": [on(20)]})
    stored = {"late": [on(25)], "known": [on(3)], "corrected": [on(25), on(3)], "same": [on(20)]}
    offer(place, "stored", FIRST_CONTACTS, stored | {"other": [on(20)]})
    assert earlier(place, FIRST_CONTACTS) == {"new": (on(20), None), "late": (on(20), on(25))}
    kept = place.rows("select recipient, first_at from kept.first_contacts order by recipient")
    assert kept.to_pylist() == [
        {"recipient": name, "first_at": on(20)} for name in ("late", "new", "same")
    ]


def test_all_sources_are_kept_also_those_of_other_days(place: Workplace) -> None:
    offer(place, "marts", FIRST_SOURCES, {"192.0.2.1": [on(20)], "192.0.2.2": [on(20, 9)]})
    offer(place, "stored", FIRST_SOURCES, {"192.0.2.2": [on(21), on(20)], "192.0.2.3": [on(1)]})
    assert earlier(place, FIRST_SOURCES) == {"192.0.2.1": (on(20), None)}
    kept = place.rows("select from_ip, first_at from kept.first_sources order by from_ip")
    assert [(row["from_ip"], row["first_at"]) for row in kept.to_pylist()] == [
        ("192.0.2.1", on(20)),
        ("192.0.2.2", on(20)),
        ("192.0.2.3", on(1)),
    ]
