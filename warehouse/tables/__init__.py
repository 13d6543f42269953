"""The tables of the store: columns, units, and where each is kept.

Every time is `timestamp[us, UTC]`; unknown is null. Facts hold what was observed, as received;
marts hold what the models computed from it.

Reading order:
  table  what defines a table, and the types of its columns
  cells  values of small tables as SQLite keeps them
  facts  traces, accounts, billing, costs, prices, sign-ins, policies, events, identities
  state_contents  what state.db may hold
  marts  usage, cost, baselines, signals, incidents, findings and what was first seen when
"""

from __future__ import annotations

from warehouse.tables.facts import (
    AZURE_COSTS,
    BILLING_POLICIES,
    HVE_ACCOUNTS,
    IDENTITIES,
    MESSAGE_TRACES,
    POLICIES,
    REJECTED_ROWS,
    RETAIL_PRICES,
    SIGN_INS,
    TRACE_EVENTS,
)
from warehouse.tables.marts import (
    FIRST_CONTACTS,
    FIRST_SOURCES,
    FIRST_SUBJECTS,
    HVE_ACTIVITY,
    HVE_BASELINE_HOURLY,
    HVE_COST_DAILY,
    HVE_FINDINGS,
    HVE_INCIDENTS,
    HVE_INCIDENTS_FLAT,
    HVE_SIGNALS,
    HVE_SOURCES_DAILY,
    HVE_UNDELIVERED,
    HVE_USAGE_CORRECTIONS,
    HVE_USAGE_DAILY,
    HVE_USAGE_HOURLY,
)
from warehouse.tables.table import AnyTable, SmallTable, Table

# Delta tables: what may be large, and what other engines read.
TABLES: tuple[Table, ...] = (
    MESSAGE_TRACES,
    REJECTED_ROWS,
    FIRST_CONTACTS,
    FIRST_SOURCES,
    FIRST_SUBJECTS,
    HVE_USAGE_HOURLY,
    HVE_ACTIVITY,
    HVE_SIGNALS,
    HVE_USAGE_DAILY,
    HVE_USAGE_CORRECTIONS,
    HVE_COST_DAILY,
    HVE_BASELINE_HOURLY,
    HVE_INCIDENTS,
    HVE_INCIDENTS_FLAT,
    SIGN_INS,
    TRACE_EVENTS,
    IDENTITIES,
    HVE_UNDELIVERED,
    HVE_SOURCES_DAILY,
)
# Tables of state.db: a few thousand rows each.
SMALL_TABLES: tuple[SmallTable, ...] = (
    HVE_ACCOUNTS,
    BILLING_POLICIES,
    AZURE_COSTS,
    RETAIL_PRICES,
    POLICIES,
    HVE_FINDINGS,
)
ALL_TABLES: tuple[AnyTable, ...] = (*TABLES, *SMALL_TABLES)

# What a build makes of the facts of a day, each after what it reads.
DAILY_MARTS: tuple[Table, ...] = (
    HVE_USAGE_HOURLY,
    HVE_USAGE_DAILY,
    HVE_COST_DAILY,
    HVE_ACTIVITY,
    HVE_UNDELIVERED,
    HVE_SOURCES_DAILY,
)
