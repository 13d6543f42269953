"""Messages keep the form in which earlier versions stored and sent them."""

from __future__ import annotations

from typing import Any

from hve_monitor.document import json_text
from publish.message import Alert, DigestMessage, message_of
from publish.targets.webhook import document
from tests.unit.publish.alerts.test_planning import due, step
from tests.unit.publish.conftest import NOW, Desk, target
from warehouse.records.outbox import Notice, Outbox

PARTS: dict[str, Any] = {
    "title": "surge: hr@contoso.com",
    "account": "hr@contoso.com",
    "what": "surge of hr@contoso.com (tenant contoso, incident a1b2c3)",
    "more": "5,200 recipients, 310 were expected (180 to 520): 16.8 times",
    "since": {"from": "2026-11-24T08:30:00Z", "to": None, "zone": "Europe/Berlin"},
    "money": "0.20538 USD more than expected, estimated from traces",
    "why": ["5,200 recipients in 1 h; 310 were expected (180 to 520)"],
    "next": ["Ask the owner of hr@contoso.com whether this send was planned."],
    "link": "",
    "details": {"tenant": "contoso", "id": "a1b2c3", "extra_cost": "0.20538"},
}
STORED: dict[str, Any] = {
    "type": "incident.opened",
    "stage": "opened",
    "kind": "surge",
    "key": "incident:a1b2c3",
    "tenant": "contoso",
    "severity": "high",
    "audience": ["security", "mail"],
    "at": "2026-11-24T09:30:00Z",
    **PARTS,
}
DIGEST: dict[str, Any] = {
    **{name: STORED[name] for name in list(STORED)[:8]},
    "type": "digest",
    "kind": "digest",
    "key": "digest",
    "title": "hve-monitor contoso: 1 alerts (1 high)",
    "link": "https://hve.contoso.com",
    "entries": [STORED],
}


def test_a_stored_message_is_read_and_written_as_it_was() -> None:
    for stored, kind in ((STORED, Alert), (DIGEST, DigestMessage)):
        message = message_of(stored)
        assert isinstance(message, kind)
        assert json_text(message) == json_text(stored)


def test_a_webhook_gets_every_field_in_its_place() -> None:
    sent = document(message_of(STORED), "id-1", "hve")
    assert list(sent) == ["id", *STORED, "subject", "text"]
    assert (sent["title"], sent["subject"]) == (f"[high] {PARTS['title']}", PARTS["title"])
    assert {name: sent[name] for name in STORED if name != "title"} == {
        name: value for name, value in STORED.items() if name != "title"
    }


def test_a_notice_of_an_earlier_version_is_resolved(desk: Desk) -> None:
    config = desk.config(target(name="soc"))
    notice = Notice("opened", "high", 5200, 1, "2026-11-24T09:00:00Z", PARTS)
    Outbox(desk.store.state).note("contoso", "soc", "incident:a1b2c3", notice)
    assert step(desk, config, NOW) == ["resolved"]
    (message,) = due(desk)
    assert message.message["kind"] == "withdrawn"
    assert message.message["account"] == "hr@contoso.com"
    assert message.message["why"] == ["later rows no longer show this incident"]
