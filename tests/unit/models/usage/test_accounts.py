"""Whom an account wrote to, from which addresses, and which of them were new."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from hve_monitor.clock import midnight
from hve_monitor.config import Tenant
from ingest.graph.trace_pages import COLUMNS
from models.build import build
from models.usage.accounts import Sender, account_contacts, account_sources
from warehouse.lookup.contact_files import contact_files
from warehouse.maintenance.upkeep import tidy
from warehouse.reading import published_connection
from warehouse.records.accounts import Account, record_accounts
from warehouse.records.message_traces import land
from warehouse.store import open_store

NOW = datetime.fromisoformat("2026-11-24T12:00:00+00:00")
HR, PAYROLL = Sender("contoso", "hr@contoso.com"), Sender("contoso", "payroll@contoso.com")
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


# Day before NOW, hour of it, message, recipient, status, source. The hour is read twice where a row
# comes again: the later one holds.
MOVED = (
    (6, 1, "a", "ada@fabrikam.com", "delivered", "192.0.2.10"),  # before the period
    (6, 13, "b", "ada@fabrikam.com", "delivered", "192.0.2.10"),
    (4, 9, "c", "ada@fabrikam.com", "delivered", "192.0.2.10"),
    (4, 9, "c", "ben@fabrikam.com", "delivered", "192.0.2.10"),
    (4, 9, "c", "staff@fabrikam.com", "expanded", "192.0.2.10"),
    (4, 9, "c", "cem@fabrikam.com", "delivered", "203.0.113.9"),  # one message of two sources
    (3, 9, "d", "eve@contoso.com", "pending", None),
    (2, 9, "e", "eve@contoso.com", "pending", "198.51.100.7"),
    (0, 9, "f", "eve@contoso.com", "failed", "198.51.100.7"),
    (0, 15, "g", "eve@contoso.com", "failed", "203.0.113.1"),  # after the period
)
ALIAS = ((1, 9, "h", "zoe@contoso.com", "delivered", "192.0.2.99"),)
PERIODS = ((7, 0), (5, 1), (6, 3), (4, 4))  # days before NOW
LATER = ((2, 9, "e", "eve@contoso.com", "expanded", "198.51.100.7"),)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Messages over the edges of a period, of which one was observed twice."""
    root = tmp_path_factory.mktemp("moved")
    with open_store(root) as opened:
        listed = [Account(HR.account, (HR.account, PAYROLL.account))]
        record_accounts(opened, "contoso", listed, NOW, "exchange")
        batches = ((HR, MOVED), (PAYROLL, ALIAS), (HR, LATER))
        for number, (sender, sent) in enumerate(batches):
            at = NOW + timedelta(minutes=number)
            rows = [
                {
                    "trace_id": message,
                    "recipient": recipient,
                    "sender": sender.account,
                    "received_at": midnight(NOW) - timedelta(days=days) + timedelta(hours=hour),
                    "status": status,
                    "from_ip": source,
                }
                for days, hour, message, recipient, status, source in sent
            ]
            land(opened, "contoso", pa.Table.from_pylist(rows, schema=COLUMNS), at, "graph")
        tenant = Tenant(name="contoso", accounts="files")
        build(opened, [tenant], NOW + timedelta(days=1), lambda *_: None)
    return root


def test_sources_are_counted_by_whole_days_and_by_rows_of_the_first_and_last(moved: Path) -> None:
    with published_connection(moved) as connection:
        table = account_sources(connection, HR, NOW - timedelta(days=6), NOW)
        used = [(row.messages, row.recipients) for row in table.itertuples()]
        assert dict(zip(table["from_ip"].fillna("unknown"), used, strict=True)) == {
            "192.0.2.10": (2, 3),
            "203.0.113.9": (1, 1),
            "unknown": (1, 1),
            "198.51.100.7": (2, 1),
            "192.0.2.99": (1, 1),  # by another address of the account
        }
        hour = account_sources(connection, HR, NOW - timedelta(hours=4), NOW)
        assert hour[["from_ip", "messages", "recipients"]].to_numpy().tolist() == [
            ["198.51.100.7", 1, 1]
        ]


def test_a_contact_counts_by_its_last_observation(moved: Path) -> None:
    with published_connection(moved) as connection:
        table = account_contacts(connection, HR, NOW - timedelta(days=6), NOW)
    assert table.to_dict("records") == [
        {"domain": "fabrikam.com", "recipients": 4, "people": 3, "new_people": 2},
        {"domain": "contoso.com", "recipients": 3, "people": 2, "new_people": 2},
    ]


def test_contacts_of_closed_days_are_those_of_their_rows(moved: Path, tmp_path: Path) -> None:
    periods = [(NOW - timedelta(days=days), NOW - timedelta(days=end)) for days, end in PERIODS]
    with published_connection(moved) as connection:
        rows = [account_contacts(connection, HR, *period) for period in periods]
    later, root = NOW + timedelta(days=9), tmp_path / "store"
    shutil.copytree(moved, root)
    with open_store(root) as opened:
        tidy(opened, "contoso", later)
        build(opened, [Tenant(name="contoso", accounts="files")], later, lambda *_: None)
    with published_connection(root) as connection:
        read = [contact_files(connection, "contoso", *period) for period in periods]
        summed = [account_contacts(connection, HR, *period) for period in periods]
    assert [len(files) for files in read] == [5, 3, 1, 0]
    assert [table.to_dict() for table in summed] == [table.to_dict() for table in rows]


def test_an_address_of_an_account_is_no_account(moved: Path) -> None:
    with published_connection(moved) as connection:
        assert account_contacts(connection, PAYROLL, NOW - timedelta(days=6), NOW).empty
        assert account_sources(connection, PAYROLL, NOW - timedelta(days=6), NOW).empty
