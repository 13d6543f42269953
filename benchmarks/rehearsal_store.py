"""Marts of simulated traffic, computed in memory by the product's own SQL."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pandas as pd

from models import runner
from simulator.block import STATUSES
from simulator.directory import EXTERNAL, EXTERNAL_DOMAIN
from simulator.rehearsal import DOMAIN, Rehearsal

TENANT = "contoso"
FIRSTS = ("first_contacts", "first_sources", "first_subjects")
MARTS = ("hve_usage_hourly", "hve_activity")

ROWS = f"""
create table raw.message_traces as
select
    '{TENANT}' as tenant,
    cast(make_timestamptz(received) as date) as day,
    trace_id,
    case
        when recipient >= {EXTERNAL} then recipient || '@{EXTERNAL_DOMAIN}'
        else recipient || '@{DOMAIN}'
    end as recipient,
    account as sender,
    make_timestamptz(received) as received_at,
    list_element($statuses, status + 1) as status,
    null::varchar as message_id,
    subject,
    null::bigint as size_bytes,
    case when $with_source then source else '' end as from_ip,
    null::varchar as to_ip,
    false as is_revision,
    make_timestamptz(visible) as first_seen_at,
    make_timestamptz(visible) as observed_at,
    0 as batch,
    0 as row,
    'graph' as source
from traffic
"""
ACCOUNTS = f"""
create table raw.hve_accounts as
select distinct '{TENANT}' as tenant, 1 as batch, account, [account] as addresses from traffic
"""


def computed(rehearsal: Rehearsal, *, with_source: bool) -> dict[str, pd.DataFrame]:
    """The marts that baselines and signals read, by name, and the rows themselves."""
    columns = pd.DataFrame(rehearsal.columns())
    with duckdb.connect(":memory:") as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 1")
        runner.prepare(connection)
        connection.register("traffic", columns)
        connection.execute(ROWS, {"statuses": list(STATUSES), "with_source": with_source})
        connection.execute(ACCOUNTS)
        for model in runner.models():
            if not model.is_mart:
                runner.create(connection, model)
        for name in FIRSTS:
            runner.create(connection, runner.model(f"marts.{name}"))
            connection.execute(f"create table kept.{name} as from marts.{name}")
        for name in MARTS:
            runner.create(connection, runner.model(f"marts.{name}"))
        marts = {name: connection.execute(f"from marts.{name}").df() for name in MARTS}
    return marts | {"traffic": columns}


def end_of(rehearsal: Rehearsal) -> datetime:
    """The end of the history."""
    return datetime.fromtimestamp(rehearsal.days.stop * 86_400, UTC)
