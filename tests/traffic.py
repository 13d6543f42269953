"""Rows with everything that a model looks at, as many as a test needs; the same in every run."""

from __future__ import annotations

from datetime import UTC, datetime

from hve_monitor.config import Tenant
from warehouse.connection import arrow, compute
from warehouse.records.accounts import Account, record_accounts
from warehouse.records.message_traces import land
from warehouse.store import Store

TENANT = Tenant(name="contoso", accounts="files", timezone="Europe/Berlin")
NOW = datetime(2026, 11, 1, 1, tzinfo=UTC)
DAYS = 10
ACCOUNTS = tuple(
    Account(f"app{i}@contoso.com", (f"app{i}@contoso.com", f"alias{i}@contoso.com"))
    for i in range(0, 24, 2)
)

# Messages of one to 44 recipients; some lack a status, a subject or an address, some subjects and
# addresses are unusual. Lists and unread names come in the forms that the models know.
TRAFFIC = """
with messages as (
    select
        m,
        hash(m) as h,
        case when m % 50 = 0 then 44 when m % 3 = 0 then 1 else 6 end as members
    from range({messages}) as r (m)
),
members as (
    select m, h, unnest(range(members)) as i from messages
)
select
    md5(m::varchar) as trace_id,
    case
        when hash(m, i) % 211 = 0 then 'aggregate:' || md5(m::varchar || '-' || i::varchar)
        when hash(m, i) % 223 = 0 then 'erased:' || md5(m::varchar || '-' || i::varchar)
        when m % 50 = 0 and i = 0 then 'list' || (h % 9)::varchar || '@contoso.com'
        when hash(m, i) % 7 = 0
            then 'person' || i::varchar || (hash(m, i) % 900)::varchar || '@fabrikam.com'
        when hash(m, i) % 401 = 0 then 'no-domain-' || i::varchar
        else 'employee' || i::varchar || '.' || (hash(m, i) % 700)::varchar || '@contoso.com'
    end as recipient,
    case when h % 5 = 0 then 'alias' else 'app' end || (h % 24)::varchar || '@contoso.com'
        as sender,
    timestamptz '2026-10-22 00:00:00+00'
        + to_microseconds((m * 86399000000 * {days} // {messages})::bigint + (h % 999983)::bigint)
        as received_at,
    case
        when h % 24 = 7 then null
        when m % 50 = 0 and i = 0 then 'Expanded'
        else ['delivered', 'Delivered', 'failed', 'FilteredAsSpam', 'quarantined', 'pending',
            'gettingStatus', 'delivered', 'delivered'][(hash(m, i) % 9 + 1)::integer]
    end as status,
    '<' || md5(m::varchar) || '@contoso.com>' as message_id,
    case h % 13
        when 0 then null
        when 1 then ''
        when 2 then 's-' || md5((h % 40)::varchar)
        when 3 then 's-' || md5((h % 40)::varchar) || chr(10)
        when 4 then 'ΟΔΟΣ ΣΑΣ ' || (h % 50)::varchar
        when 5 then 'İstanbul ÇAĞRI ẞ ' || (h % 50)::varchar
        when 6 then 'two' || chr(10) || 'lines' || chr(8232) || ' and \\d ''quoted'' %_'
        when 7 then '42 first'
        else 'Notification No. ' || (h % 500)::varchar
    end as subject,
    case when h % 17 <> 0 then 2000 + (h % 900000)::bigint end as size_bytes,
    case h % 9
        when 0 then null
        when 1 then ''
        when 2 then '255.255.255.255'
        when 3 then '2001:db8:' || (h % 30)::varchar || '::' || (h % 7)::varchar
        else '198.51.100.' || (h % 250)::varchar
    end as from_ip,
    null::varchar as to_ip
from members
"""
EVERYTHING = "select * from traffic"
# Later: statuses that changed, rows of long ago, an account that nobody listed, a late first.
CHANGED = """
select * replace (
    case when hash(trace_id, recipient) % 3 = 0 then 'failed' else 'Delivered' end as status
)
from traffic where lower(status) in ('pending', 'gettingstatus')
union all
select * replace (
    'late-' || trace_id as trace_id,
    received_at - interval 3 days as received_at,
    'late' || (hash(trace_id) % 3)::varchar || '@contoso.com' as sender
)
from traffic where hash(trace_id) % 400 = 5
union all
select * replace ('early-' || trace_id as trace_id, received_at - interval 30 hours as received_at)
from traffic where hash(trace_id) % 500 = 9
"""


def land_first(store: Store, rows: int) -> None:
    """Accounts, and at least so many rows."""
    record_accounts(store, TENANT.name, ACCOUNTS, NOW, "exchange")
    _land(store, EVERYTHING, rows, NOW)


def land_later(store: Store, rows: int, now: datetime) -> None:
    """Another snapshot of accounts, and what changed of so many rows."""
    moved = Account("people@contoso.com", ("people@contoso.com", "app1@contoso.com"))
    record_accounts(store, TENANT.name, (*ACCOUNTS, moved), now, "exchange")
    _land(store, CHANGED, rows, now)


def _land(store: Store, sql: str, rows: int, now: datetime) -> None:
    with compute(store.spill) as connection:
        made = TRAFFIC.format(messages=_messages(rows), days=DAYS)
        connection.execute(f"create table traffic as {made}")
        landed = arrow(connection, f"from ({sql}) order by received_at, trace_id, recipient")
    land(store, TENANT.name, landed, now, "graph")


def _messages(rows: int) -> int:
    """So many that their members are at least so many rows."""
    per_150 = 3 * 44 + 49 * 1 + 98 * 6  # of m = 0..149
    return -(-rows // per_150) * 150
