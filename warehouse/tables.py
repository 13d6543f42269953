"""The Delta tables of the store: columns, units and partitions.

Every time is `timestamp[us, UTC]`; unknown is null. Facts hold what was observed, as received;
marts hold what the models computed from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

UTC_TIME = pa.timestamp("us", tz="UTC")
MONEY = pa.decimal128(28, 9)
COUNT = pa.int64()


@dataclass(frozen=True)
class Table:
    """One Delta table. `room` is facts or marts; `grain` says what one row is."""

    room: str
    name: str
    grain: str
    schema: pa.Schema
    partition_by: tuple[str, ...] = ("tenant", "day")
    key: tuple[str, ...] = field(default=())


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in columns.items()])


MESSAGE_TRACES = Table(
    "facts",
    "message_traces",
    "one row per observation of a (tenant, trace_id, recipient); the last one holds",
    _schema(
        tenant=pa.string(),
        day=pa.date32(),
        trace_id=pa.string(),
        recipient=pa.string(),
        sender=pa.string(),
        received_at=UTC_TIME,
        status=pa.string(),
        message_id=pa.string(),
        subject=pa.string(),
        size_bytes=COUNT,
        from_ip=pa.string(),
        to_ip=pa.string(),
        observed_at=UTC_TIME,
        batch=COUNT,
        row=COUNT,
        source=pa.string(),
    ),
    key=("tenant", "trace_id", "recipient"),
)
HVE_ACCOUNTS = Table(
    "facts",
    "hve_accounts",
    "one row per account and snapshot; a snapshot is written when anything changed",
    _schema(
        tenant=pa.string(),
        account=pa.string(),
        addresses=pa.list_(pa.string()),
        display_name=pa.string(),
        external_id=pa.string(),
        created_at=UTC_TIME,
        reply_to=pa.string(),
        observed_at=UTC_TIME,
        batch=COUNT,
        source=pa.string(),
    ),
    ("tenant",),
)
BILLING_POLICIES = Table(
    "facts",
    "billing_policies",
    "one row per account and snapshot; billing_status is Microsoft's text or null",
    _schema(
        tenant=pa.string(),
        account=pa.string(),
        billing_policy_id=pa.string(),
        billing_policy_name=pa.string(),
        billing_status=pa.string(),
        unavailable_reason=pa.string(),
        observed_at=UTC_TIME,
        batch=COUNT,
        source=pa.string(),
    ),
    ("tenant",),
)
REJECTED_ROWS = Table(
    "facts",
    "rejected_rows",
    "one row per line of a source that could not be read",
    _schema(
        tenant=pa.string(),
        file=pa.string(),
        line=COUNT,
        reason=pa.string(),
        observed_at=UTC_TIME,
        batch=COUNT,
    ),
    ("tenant",),
)
FIRST_CONTACTS = Table(
    "marts",
    "first_contacts",
    "one row per (tenant, account, recipient) and correction; the earliest first_at holds",
    _schema(tenant=pa.string(), account=pa.string(), recipient=pa.string(), first_at=UTC_TIME),
    ("tenant",),
    ("tenant", "account", "recipient"),
)
FIRST_SOURCES = Table(
    "marts",
    "first_sources",
    "one row per (tenant, account, from_ip) and correction; the earliest first_at holds",
    _schema(tenant=pa.string(), account=pa.string(), from_ip=pa.string(), first_at=UTC_TIME),
    ("tenant",),
    ("tenant", "account", "from_ip"),
)
STATUSES = (
    "delivered",
    "failed",
    "quarantined",
    "filtered_as_spam",
    "pending",
    "expanded",
    "other",
)
STATUS_COUNTS = dict.fromkeys(STATUSES, COUNT)
HVE_USAGE_HOURLY = Table(
    "marts",
    "hve_usage_hourly",
    "one row per tenant, account and UTC hour with at least one row",
    _schema(
        tenant=pa.string(),
        day=pa.date32(),
        account=pa.string(),
        hour_utc=UTC_TIME,
        messages=COUNT,
        recipients=COUNT,
        **STATUS_COUNTS,
        recipients_q1=COUNT,
        recipients_q2=COUNT,
        recipients_q3=COUNT,
        recipients_q4=COUNT,
        distinct_recipients=COUNT,
        new_recipients=COUNT,
        new_sources=COUNT,
    ),
    key=("tenant", "account", "hour_utc"),
)
HVE_USAGE_DAILY = Table(
    "marts",
    "hve_usage_daily",
    "one row per tenant, account and UTC day with at least one row",
    _schema(
        tenant=pa.string(),
        day=pa.date32(),
        account=pa.string(),
        messages=COUNT,
        recipients=COUNT,
        **STATUS_COUNTS,
        billable_recipients=COUNT,
        distinct_recipients=COUNT,
        size_bytes=COUNT,
    ),
    key=("tenant", "account", "day"),
)
HVE_COST_DAILY = Table(
    "marts",
    "hve_cost_daily",
    "one row per tenant, account, UTC day and currency of the price book",
    _schema(
        tenant=pa.string(),
        day=pa.date32(),
        account=pa.string(),
        currency=pa.string(),
        billable_recipients=COUNT,
        unit_price=MONEY,
        cost=MONEY,
    ),
    key=("tenant", "account", "day", "currency"),
)
HVE_BASELINE_HOURLY = Table(
    "marts",
    "hve_baseline_hourly",
    "one row per tenant, account and UTC hour of its life",
    _schema(
        tenant=pa.string(),
        day=pa.date32(),
        account=pa.string(),
        hour_utc=UTC_TIME,
        expected=pa.float64(),
        lo80=pa.float64(),
        hi80=pa.float64(),
        lo95=pa.float64(),
        hi95=pa.float64(),
        learning_day=pa.int32(),
    ),
    key=("tenant", "account", "hour_utc"),
)
_SIGNAL = pa.struct(
    [
        ("name", pa.string()),
        ("score", pa.float64()),
        ("state", pa.string()),
        ("reason", pa.string()),
    ]
)
HVE_INCIDENTS = Table(
    "marts",
    "hve_incidents",
    "one row per incident",
    _schema(
        tenant=pa.string(),
        id=pa.string(),
        account=pa.string(),
        kind=pa.string(),
        audience=pa.list_(pa.string()),
        severity=pa.string(),
        started_at=UTC_TIME,
        ended_at=UTC_TIME,
        detected_at=UTC_TIME,
        observed=COUNT,
        expected=pa.float64(),
        interval_low=pa.float64(),
        interval_high=pa.float64(),
        reasons=pa.list_(pa.string()),
        signals=pa.list_(_SIGNAL),
        extra_recipients=COUNT,
        extra_cost=MONEY,
        currency=pa.string(),
        next_steps=pa.list_(pa.string()),
        learning=pa.bool_(),
    ),
    ("tenant",),
    ("tenant", "id"),
)

TABLES: tuple[Table, ...] = (
    MESSAGE_TRACES,
    HVE_ACCOUNTS,
    BILLING_POLICIES,
    REJECTED_ROWS,
    FIRST_CONTACTS,
    FIRST_SOURCES,
    HVE_USAGE_HOURLY,
    HVE_USAGE_DAILY,
    HVE_COST_DAILY,
    HVE_BASELINE_HOURLY,
    HVE_INCIDENTS,
)
