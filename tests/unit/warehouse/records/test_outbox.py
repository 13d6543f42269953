"""Messages wait, go out, fail and are forgotten; what was told is kept beside them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.unit.warehouse.conftest import NOW
from warehouse.records.outbox import Notice, Outbox, OutgoingMessage
from warehouse.store import Store


def entry(name: str, **changes: Any) -> OutgoingMessage:
    usual = {"tenant": "contoso", "target": "soc", "key": f"incident:{name}", "state": "due"}
    return OutgoingMessage(id=name, **usual | {"due_at": NOW, "message": {"title": name}} | changes)


def names(entries: list[OutgoingMessage]) -> list[str]:
    return [entry.id for entry in entries]


def test_a_message_is_added_once_and_comes_back_as_it_was(store: Store) -> None:
    outbox = Outbox(store.state)
    outbox.add(entry("a"), NOW)
    outbox.add(entry("a", message={"title": "another"}), NOW)
    assert outbox.due(0.0) == [entry("a")]
    assert outbox.created_at(entry("a")) == NOW


def test_held_messages_ripen_and_go_out_alone_or_joined(store: Store) -> None:
    outbox = Outbox(store.state)
    later = NOW + timedelta(hours=1)
    for name in ("a", "b", "c"):
        outbox.add(entry(name, state="held", due_at=later), NOW)
    assert names(outbox.ripe(NOW)) == []
    assert names(outbox.ripe(later)) == ["a", "b", "c"]
    outbox.release(["a"])
    outbox.join(["b", "c"], entry("digest"), later)
    assert names(outbox.due(0.0)) == ["a", "digest"]
    assert names(outbox.ripe(later)) == []


def test_a_failure_waits_on_the_real_clock_and_shows_its_error(store: Store) -> None:
    outbox = Outbox(store.state)
    outbox.add(entry("a"), NOW)
    outbox.begin(entry("a"))
    outbox.record_failure(entry("a"), "HTTP 503", 100.0)
    assert names(outbox.due(99.0)) == []
    (again,) = outbox.due(100.0)
    assert again.attempts == 1
    (trouble,) = outbox.troubles()
    assert (trouble.target, trouble.messages, trouble.error) == ("soc", 1, "HTTP 503")
    outbox.record_sent(again, NOW)
    assert (outbox.troubles(), outbox.waiting()) == ([], {})


def test_what_is_given_up_stays_counted_until_it_is_forgotten(store: Store) -> None:
    outbox = Outbox(store.state)
    outbox.add(entry("a"), NOW)
    outbox.add(entry("b"), NOW)
    outbox.give_up(entry("a"), "refused")
    outbox.forget(NOW + timedelta(days=89))
    assert outbox.waiting() == {"due": 1, "failed": 1}
    outbox.forget(NOW + timedelta(days=91))
    assert outbox.waiting() == {"due": 1}, "what was never sent is never forgotten"


def test_what_was_told_is_replaced_and_kept_by_tenant(store: Store) -> None:
    outbox = Outbox(store.state)
    told = Notice("opened", "high", 5, 1, None, {"title": "a"})
    outbox.note("contoso", "soc", "incident:a", told)
    grown = Notice("updated", "high", 50, 2, "2026-11-24T08:00:00Z", {"title": "a"})
    outbox.note("contoso", "soc", "incident:a", grown)
    assert outbox.notices("contoso") == {("soc", "incident:a"): grown}
    assert outbox.notices("fabrikam") == {}
