"""A store in a temporary folder, and rows for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from warehouse.records.message_traces import Landed, land
from warehouse.records.stored import stored_rows
from warehouse.store import Store, open_store
from warehouse.tables import FIRST_CONTACTS, HVE_COST_DAILY, MESSAGE_TRACES

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
USUAL = {
    "trace_id": "t1",
    "recipient": "reader@fabrikam.com",
    "sender": "hr@contoso.com",
    "received_at": NOW - timedelta(hours=1),
    "status": "delivered",
    "message_id": "<m1@contoso.com>",
    "subject": "Payslip",
    "size_bytes": 2048,
    "from_ip": "192.0.2.7",
    "to_ip": "198.51.100.9",
}
INCOMING = pa.schema([MESSAGE_TRACES.schema.field(name) for name in USUAL])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with open_store(tmp_path / "store", "500MB", 1) as opened:
        yield opened


def traces(*changes: dict[str, object]) -> pa.Table:
    """Incoming rows: the usual one with these changes, one for each."""
    return pa.Table.from_pylist([USUAL | change for change in changes], schema=INCOMING)


def land_rows(store: Store, *changes: dict[str, object], at: datetime = NOW) -> Landed:
    """Lands one batch of the usual rows with changes."""
    return land(store, "contoso", traces(*changes), at, "test")


def observations(store: Store) -> list[dict[str, object]]:
    """Every stored observation, oldest batch first."""
    rows = stored_rows(store, MESSAGE_TRACES, "contoso")
    return sorted(rows, key=lambda row: (row["batch"], row["row"]))


def contacts(tenant: str, *recipients: str) -> pa.Table:
    """Rows of a table without days."""
    rows = [
        {"tenant": tenant, "account": "hr@contoso.com", "recipient": recipient, "first_at": NOW}
        for recipient in recipients
    ]
    return pa.Table.from_pylist(rows, schema=FIRST_CONTACTS.schema)


def costs(tenant: str, **counts: int) -> pa.Table:
    """Daily rows: `d24=5` is five recipients on the 24th of November 2026."""
    rows = [
        {
            "tenant": tenant,
            "day": datetime(2026, 11, int(day[1:]), tzinfo=UTC).date(),
            "account": "hr@contoso.com",
            "currency": "USD",
            "billable_recipients": count,
        }
        for day, count in counts.items()
    ]
    return pa.Table.from_pylist(rows, schema=HVE_COST_DAILY.schema)
