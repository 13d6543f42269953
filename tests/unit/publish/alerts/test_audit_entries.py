"""Entries of the audit log leave once, in order, to the targets that ask for them alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import convert
from pydantic import ValidationError

from hve_monitor.config import AlertTarget, Config
from publish import wording
from publish.alerts.audit_entries import forward_audit
from publish.alerts.planning import join
from publish.alerts.routing import named
from publish.message import Alert
from publish.targets.webhook import document
from tests.unit.publish.conftest import NOW, Desk, target
from warehouse.privacy import audit
from warehouse.records.outbox import Outbox, OutgoingMessage

SIEM = "splunk+https://t0ken@splunk.contoso.com"
HOOK = "webhook+https://hooks.contoso.com/hve"


def recorded(desk: Desk, count: int = 1) -> None:
    for number in range(count):
        reason = f"case {number}"
        audit.record(desk.store, NOW, "grace", "reveal", "p-1", reason, "revealed", "o-1")


def step(desk: Desk, config: Config) -> list[OutgoingMessage]:
    """What stands in the outbox to be sent after a run."""
    forward_audit(desk.store, config, named(config.alerts.targets), NOW)
    outbox = Outbox(desk.store.state)
    join(outbox, config, NOW)
    return outbox.due(0.0)


def test_each_entry_leaves_once_in_order_with_its_seal(desk: Desk) -> None:
    config = desk.config(target(SIEM, audience=("audit",)))
    recorded(desk, 3)
    assert [entry.key for entry in step(desk, config)] == ["audit:1", "audit:2", "audit:3"]
    assert len(step(desk, config)) == 3
    recorded(desk)
    *_, last = step(desk, config)
    details = last.message["details"]
    (newest,) = audit.entries(desk.store.state, 1)
    assert last.key == "audit:4"
    assert details == newest._asdict()
    assert (details["who"], details["subject"]) == ("grace", "o-1")
    assert len(details["chain"]) == 64


def test_targets_of_alerts_get_none(desk: Desk) -> None:
    recorded(desk)
    targets = [target(SIEM, name="all"), target(SIEM, name="soc", audience=("security",))]
    assert step(desk, desk.config(*targets)) == []


def test_a_target_that_takes_digests_gets_a_run_as_one_message(desk: Desk) -> None:
    config = desk.config(target(HOOK, audience=("audit", "security")))
    recorded(desk, 5)
    (one,) = step(desk, config)
    assert (one.message["type"], len(one.message["entries"])) == ("digest", 5)
    recorded(desk)
    _, single = step(desk, config)
    assert single.message["type"] == "audit.recorded"


def test_an_entry_reads_as_a_sentence_and_as_json(desk: Desk) -> None:
    recorded(desk)
    (one,) = step(desk, desk.config(target(SIEM, audience=("audit",))))
    message = convert(one.message, Alert)
    assert wording.title(message) == "[low] audit 1: reveal by grace"
    assert "reveal of p-1 by grace: revealed" in wording.body(message)
    for form in ("text", "ocsf"):
        assert document(message, one.id, form)["details"] == one.message["details"]


def test_after_a_restore_another_entry_of_that_number_is_another_message(desk: Desk) -> None:
    config = desk.config(target(SIEM, audience=("audit",)))
    recorded(desk)
    (first,) = step(desk, config)
    for table in ("audit", "audit_head", "counters", "outbox", "pseudonym_keys"):
        desk.store.state.connection.execute(f"delete from {table}")
    audit.record(desk.store, NOW + timedelta(days=1), "eve", "export", "csv", "", "done")
    (again,) = step(desk, config)
    assert (again.key, again.id == first.id) == ("audit:1", False)


def test_entries_are_of_no_one_tenant() -> None:
    with pytest.raises(ValidationError, match="entries are of no one tenant"):
        AlertTarget(url=HOOK, audience=("audit",), tenants=("contoso",))
