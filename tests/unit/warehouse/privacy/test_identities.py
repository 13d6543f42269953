"""Who is behind a pseudonym: encrypted, once, and only in pseudonymous mode."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.warehouse.conftest import land_rows, observations
from warehouse.privacy.identities import MOST_FILES, identities, keep_identities
from warehouse.protection.mode import Protection
from warehouse.records.stored import stored_rows
from warehouse.store import Store, open_store
from warehouse.tables import IDENTITIES

ADA = "ada.lang@fabrikam.com"


@pytest.fixture
def hidden(tmp_path: Path) -> Iterator[Store]:
    """An empty pseudonymous store."""
    protection = Protection("pseudonymous", "hash", b"k" * 32)
    with open_store(tmp_path / "hidden", "500MB", 1, protection) as store:
        yield store


def test_landing_keeps_who_is_behind_a_pseudonym_once(hidden: Store) -> None:
    assert land_rows(hidden, {"recipient": ADA.upper()}, {"recipient": "b@x.y"}).new == 2
    assert land_rows(hidden, {"recipient": ADA}).unchanged == 1
    changed = land_rows(hidden, {"recipient": ADA, "status": "failed"})
    assert (changed.new, changed.changed) == (0, 1)
    stored = hidden.mask("contoso").recipient(ADA)
    assert identities(hidden, "contoso", [stored, "p-none"]) == {stored: ADA}
    assert len(stored_rows(hidden, IDENTITIES, "contoso")) == 2
    assert identities(hidden, "fabrikam", [stored]) == {}


def test_a_full_store_keeps_no_identities(store: Store) -> None:
    land_rows(store, {"recipient": ADA})
    assert observations(store)[0]["recipient"] == ADA
    assert stored_rows(store, IDENTITIES, "contoso") == []


def test_many_batches_end_in_few_files(hidden: Store) -> None:
    mask = hidden.mask("contoso")
    people = [f"r{number}@fabrikam.com" for number in range(MOST_FILES + 2)]
    for person in people:
        keep_identities(hidden, "contoso", {mask.recipient(person): person})
    assert len(hidden.delta.files(IDENTITIES, "contoso")) <= MOST_FILES
    found = identities(hidden, "contoso", [mask.recipient(person) for person in people])
    assert sorted(found.values()) == sorted(people)
