"""Alerts on the mail of a real company in which no incident is known, beside a plain rule.

python benchmarks/real_mail.py FILE
FILE has message_key, sender_id, recipient_id and ts (UTC); one row per recipient. What is raised is
presumed benign, not proven. The plain rule is an hour with ten or more distinct recipients.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.inputs.rehearsal_store import TENANT, marts_of
from benchmarks.measure import table
from models.baseline.grid import grid_from_hours
from models.incidents.assemble import judge
from models.incidents.signals.quarter_hours import activity_of

ZONE, WARM_UP = "Europe/Warsaw", timedelta(days=30)
ROWS = f"""
create table raw.message_traces as
select distinct
    '{TENANT}' as tenant, cast(ts as date) as day, cast(message_key as varchar) as trace_id,
    cast(recipient_id as varchar) as recipient, cast(sender_id as varchar) as sender,
    cast(ts as timestamptz) as received_at, null::varchar as status, null::varchar as message_id,
    null::varchar as subject, null::bigint as size_bytes, null::varchar as from_ip,
    null::varchar as to_ip, false as is_revision, cast(ts as timestamptz) as first_seen_at,
    cast(ts as timestamptz) as observed_at, 0 as batch, 0 as row, 'file' as source
from read_parquet($file)
"""
ACCOUNTS = f"""
create table raw.hve_accounts as
select distinct '{TENANT}' as tenant, 1 as batch, sender as account, [sender] as addresses
from raw.message_traces
"""
PLAIN = """
select count(*) from (
    select sender, date_trunc('hour', received_at) as hour_utc
    from raw.message_traces
    where received_at >= $since
    group by all
    having count(distinct recipient) >= 10
)
"""


def main() -> None:
    """Prints alerts per 30 days of the whole company."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", help="Parquet, see above")
    file = parser.parse_args().file
    with duckdb.connect(":memory:") as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create schema raw")
        connection.execute(ROWS, {"file": file})
        connection.execute(ACCOUNTS)
        marts = marts_of(connection)
        hours, activity = marts["hve_usage_hourly"], marts["hve_activity"]
        since = hours["hour_utc"].min() + WARM_UP
        plain = connection.execute(PLAIN, {"since": since.to_pydatetime()}).fetchall()[0][0]
    until = (hours["hour_utc"].max() + pd.Timedelta(hours=1)).to_pydatetime()
    _, incidents = judge(grid_from_hours(hours, until), activity_of(activity, until), ZONE)
    late = [incident for incident in incidents if incident.detected_at >= since]
    months = (until - since) / timedelta(days=30)
    rows = [("raised", "per 30 days, all senders")]
    for severity in ("high", "medium", "low"):
        kinds = Counter(incident.kind for incident in late if incident.severity == severity)
        shares = ", ".join(f"{kind} {number / months:.2f}" for kind, number in kinds.most_common())
        rows.append((severity, f"{sum(kinds.values()) / months:.2f} ({shares})"))
    silences = [incident for incident in incidents if incident.kind == "silence"]
    open_ = sum(silence.ended_at is None for silence in silences)
    rows.append(("silences that go on at the end", f"{open_} of {len(silences)}"))
    rows.append(("plain rule: ten distinct recipients in an hour", f"{plain / months:.1f}"))
    print(f"{hours['account'].nunique()} senders, {months:.1f} months after 30 days of warm-up")
    print(table(rows))


if __name__ == "__main__":
    main()
