"""Marts of simulated traffic, computed in memory by the product's own SQL."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pandas as pd

from benchmarks.inputs.rehearsal import DOMAIN, Rehearsal
from models.engine import sql as runner
from models.engine.workplace import Workplace
from models.reference.book import shipped_reference
from simulator.mail.block import STATUSES
from simulator.mail.directory import EXTERNAL, EXTERNAL_DOMAIN

TENANT = "contoso"
FIRSTS = ("first_contacts", "first_sources", "first_subjects")
MARTS = ("hve_usage_hourly", "hve_activity")

ROWS = f"""
create table raw.message_traces as
select
    '{TENANT}' as tenant,
    cast(make_timestamptz(t.received) as date) as day,
    t.account || '-' || t.day || '-' || t.message as trace_id,
    case
        when t.recipient >= {EXTERNAL} then t.recipient || '@{EXTERNAL_DOMAIN}'
        else t.recipient || '@{DOMAIN}'
    end as recipient,
    a.name as sender,
    make_timestamptz(t.received) as received_at,
    list_element($statuses, t.status + 1) as status,
    null::varchar as message_id,
    s.name as subject,
    null::bigint as size_bytes,
    i.name as from_ip,
    null::varchar as to_ip,
    false as is_revision,
    make_timestamptz(t.visible) as first_seen_at,
    make_timestamptz(t.visible) as observed_at,
    0 as batch,
    0 as row,
    'graph' as source
from traffic as t
inner join accounts as a on a.account = t.account
inner join sources as i on i.account = t.account and i.index = t.source
inner join subjects as s on s.account = t.account and s.index = t.subject
"""
ACCOUNTS = f"""
create table raw.hve_accounts as
select '{TENANT}' as tenant, 1 as batch, name as account, [name] as addresses from accounts
"""


def computed(rehearsal: Rehearsal) -> dict[str, pd.DataFrame]:
    """The marts that baselines and signals read, by name, and the rows themselves."""
    columns = pd.DataFrame(rehearsal.columns())
    traffic = rehearsal.traffic
    texts = {
        "accounts": rehearsal.names(lambda account: [traffic.accounts[account].primary]),
        "sources": rehearsal.names(traffic.sources),
        "subjects": rehearsal.names(traffic.subjects),
    }
    with duckdb.connect(":memory:") as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 1")
        runner.prepare(connection)
        for name, rows in texts.items():
            frame = pd.DataFrame(rows, columns=["account", "index", "name"])
            connection.register(name, frame)
        connection.register("traffic", columns)
        connection.execute(ROWS, {"statuses": list(STATUSES)})
        connection.execute(ACCOUNTS)
        marts = marts_of(connection)
    return marts | {"traffic": columns[["account", "received", "visible"]]}


def marts_of(connection: duckdb.DuckDBPyConnection) -> dict[str, pd.DataFrame]:
    """The marts of what raw.message_traces and raw.hve_accounts hold."""
    place = Workplace(connection)
    shipped_reference().offer(connection)
    place.stage()
    for name in FIRSTS:
        runner.create(connection, runner.model(f"marts.{name}"))
        connection.execute(f"create table kept.{name} as from marts.{name}")
    place.take_steps()
    for name in MARTS:
        runner.create(connection, runner.model(f"marts.{name}"))
    return {name: connection.execute(f"from marts.{name}").df() for name in MARTS}


def end_of(rehearsal: Rehearsal) -> datetime:
    """The end of the history."""
    return datetime.fromtimestamp(rehearsal.days.stop * 86_400, UTC)
