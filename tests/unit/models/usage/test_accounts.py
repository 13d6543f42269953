"""Whom an account wrote to, by domain, and which of them were new."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from hve_monitor.config import Tenant
from ingest.graph.trace_pages import COLUMNS
from models.build import build
from models.usage.accounts import Sender, account_contacts
from warehouse.reading import published_connection
from warehouse.records.message_traces import land
from warehouse.store import open_store

NOW = datetime.fromisoformat("2026-11-24T12:00:00+00:00")
HR = Sender("contoso", "hr@contoso.com")
SENT = (
    (20, "ada@contoso.com", "delivered"),
    (2, "ada@contoso.com", "delivered"),
    (2, "ben@contoso.com", "failed"),
    (1, "eve@fabrikam.com", "delivered"),
    (1, "staff@contoso.com", "expanded"),
    (9, "old@fabrikam.com", "delivered"),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few messages of one account."""
    root = tmp_path_factory.mktemp("senders")
    rows = [
        {
            "trace_id": f"t{number}",
            "recipient": recipient,
            "sender": HR.account,
            "received_at": NOW - timedelta(days=days),
            "status": status,
            "subject": "Payroll",
            "size_bytes": 10,
            "from_ip": "192.0.2.10",
            "message_id": f"<{number}@contoso.com>",
        }
        for number, (days, recipient, status) in enumerate(SENT)
    ]
    with open_store(root) as opened:
        opened.state.record_now("contoso", NOW)
        land(opened, "contoso", pa.Table.from_pylist(rows, schema=COLUMNS), NOW, "graph")
        build(opened, [Tenant(name="contoso", accounts="files")], NOW, lambda *_: None)
    return root


def test_contacts_are_counted_by_domain_and_new_ones_are_told_apart(store: Path) -> None:
    with published_connection(store) as connection:
        table = account_contacts(connection, HR, NOW - timedelta(days=7), NOW)
    assert table.to_dict("records") == [
        {"domain": "contoso.com", "recipients": 2, "people": 2, "new_people": 1},
        {"domain": "fabrikam.com", "recipients": 1, "people": 1, "new_people": 1},
    ]


def test_another_account_wrote_to_nobody(store: Path) -> None:
    with published_connection(store) as connection:
        other = Sender("contoso", "news@contoso.com")
        assert account_contacts(connection, other, NOW - timedelta(days=7), NOW).empty
