"""Logins that were ended are known until they would have ended by themselves."""

from __future__ import annotations

from pathlib import Path

from warehouse.logins import has_ended, record_end
from warehouse.store import Store


def test_an_ended_login_is_known_to_other_processes(store: Store) -> None:
    assert not has_ended(store.root, "ab12")
    record_end(store.state, "ab12", 1000.0, kept_since=0.0)
    record_end(store.state, "ab12", 1001.0, kept_since=0.0)
    assert has_ended(store.root, "ab12")
    assert not has_ended(store.root, "cd34")


def test_what_would_have_ended_by_itself_is_forgotten(store: Store) -> None:
    record_end(store.state, "ab12", 1000.0, kept_since=0.0)
    record_end(store.state, "cd34", 9000.0, kept_since=1500.0)
    assert not has_ended(store.root, "ab12")
    assert has_ended(store.root, "cd34")


def test_without_a_store_nothing_has_ended(tmp_path: Path) -> None:
    assert not has_ended(tmp_path / "nothing", "ab12")
