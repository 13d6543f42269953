"""Verdicts reach readers before the next publication."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.unit.warehouse.conftest import NOW
from warehouse.publication import publish
from warehouse.reading import published_connection
from warehouse.records.verdicts import Judged, record_verdict, stored_verdicts
from warehouse.store import Store

JUDGED = Judged("i1", "contoso", "hr@contoso.com", "surge", NOW, None, 300)


def said(root: Path) -> list[tuple[str, str]]:
    with published_connection(root) as connection:
        return connection.execute(
            "select incident, status from live.verdicts order by number"
        ).fetchall()


def test_a_verdict_is_read_at_once_and_copied_with_the_file(store: Store, tmp_path: Path) -> None:
    publish(store, NOW, lambda _: None)
    assert said(store.root) == []
    record_verdict(store.state, JUDGED, "confirmed", "a loop", "ada", NOW)
    assert said(store.root) == [("i1", "confirmed")]
    publish(store, NOW, lambda _: None)
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "hve.duckdb").write_bytes(store.published.read_bytes())
    assert said(copy) == [("i1", "confirmed")]


def test_the_newest_verdict_holds_and_none_before_its_time(store: Store) -> None:
    record_verdict(store.state, JUDGED, "false_positive", "staff mail", "ada", NOW)
    later = NOW + timedelta(hours=1)
    record_verdict(store.state, JUDGED, "confirmed", "it was not", "eve", later)
    (before,) = stored_verdicts(store.state, "contoso", NOW)
    (after,) = stored_verdicts(store.state, "contoso", later)
    assert (before.status, after.status, after.author) == ("false_positive", "confirmed", "eve")
    assert after.expires_at == later + timedelta(days=30)
    assert after.judged == JUDGED
    assert stored_verdicts(store.state, "fabrikam", later) == []
