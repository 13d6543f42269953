"""Stores of any size for benchmarks: 40,000 employees, random ids, 100 accounts as a rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from warehouse.connection import arrow, compute
from warehouse.lookup.contact_files import keep_contacts
from warehouse.maintenance.upkeep import KEEP_HOURS, _rewrite
from warehouse.store import Store, open_store
from warehouse.tables import MESSAGE_TRACES

ACCOUNTS = 100
END = datetime(2026, 11, 1, tzinfo=UTC)

ROWS = """
select
    'contoso' as tenant,
    date '{day}' as day,
    md5(i::varchar || '{day}')::uuid::varchar as trace_id,
    'employee' || (hash(i, '{day}', 1) % 40000)::varchar || '@contoso.com' as recipient,
    'app' || (hash(i, '{day}', 2) % {accounts})::varchar || '@contoso.com' as sender,
    timestamptz '{day} 00:00:00+00' + to_milliseconds((i * 86400000 // {rows})::bigint)
        as received_at,
    case hash(i, '{day}', 3) % 100 when 0 then 'failed' when 1 then 'quarantined' else 'delivered'
    end as status,
    '<' || md5(i::varchar || '{day}') || '@contoso.com>' as message_id,
    'Notification ' || (i % 500)::varchar as subject,
    20000 + (i % 9000)::bigint as size_bytes,
    '192.0.2.' || (hash(i, 4) % 20)::varchar as from_ip,
    null::varchar as to_ip,
    false as is_revision,
    timestamptz '{day} 12:00:00+00' as first_seen_at,
    timestamptz '{day} 12:00:00+00' as observed_at,
    1::bigint as batch,
    i::bigint as row,
    'graph' as source
from range({rows}) as r (i)
"""


def fill(store: Store, rows: int, days: int, accounts: int = ACCOUNTS) -> None:
    """So many rows, spread evenly over the days before END, one tidied file a day."""
    first = END.date() - timedelta(days=days)
    for number in range(days):
        day = first + timedelta(days=number)
        with compute(store.spill) as connection:
            sql = ROWS.format(day=day, rows=rows // days, accounts=accounts)
            store.delta.append(MESSAGE_TRACES, arrow(connection, sql))
        _rewrite(store, "contoso", [day])
        store.state.mark_dirty("contoso", [day])
    keep_contacts(store, "contoso", END.date(), KEEP_HOURS)
    store.state.next_batch()


def make(root: Path, rows: int, days: int, accounts: int = ACCOUNTS) -> None:
    """A store at a folder, unless it is there already."""
    if not (root / "facts").exists():
        with open_store(root) as store:
            fill(store, rows, days, accounts)


def last_days(count: int) -> list[date]:
    """The newest days of a filled store."""
    return [END.date() - timedelta(days=number) for number in range(1, count + 1)]
