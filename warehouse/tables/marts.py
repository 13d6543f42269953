"""Marts: what the models computed from the facts, one row per grain."""

from __future__ import annotations

import pyarrow as pa

from warehouse.tables.table import COUNT, MONEY, UTC_TIME, SmallTable, Table, schema

FIRST_CONTACTS = Table(
    "marts",
    "first_contacts",
    "one row per (tenant, account, recipient) and correction; the earliest first_at holds",
    schema(tenant=pa.string(), account=pa.string(), recipient=pa.string(), first_at=UTC_TIME),
    partition_by=("tenant",),
    key=("tenant", "account", "recipient"),
)
FIRST_SOURCES = Table(
    "marts",
    "first_sources",
    "one row per (tenant, account, from_ip) and correction; the earliest first_at holds",
    schema(tenant=pa.string(), account=pa.string(), from_ip=pa.string(), first_at=UTC_TIME),
    partition_by=("tenant",),
    key=("tenant", "account", "from_ip"),
)
FIRST_SUBJECTS = Table(
    "marts",
    "first_subjects",
    "one row per (tenant, account, subject_hash) and correction; the earliest first_at holds",
    schema(tenant=pa.string(), account=pa.string(), subject_hash=pa.string(), first_at=UTC_TIME),
    partition_by=("tenant",),
    key=("tenant", "account", "subject_hash"),
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
    schema(
        tenant=pa.string(),
        day=pa.date32(),
        account=pa.string(),
        hour_utc=UTC_TIME,
        messages=COUNT,
        recipients=COUNT,
        **STATUS_COUNTS,
        unknown_recipients=COUNT,
        recipients_q1=COUNT,
        recipients_q2=COUNT,
        recipients_q3=COUNT,
        recipients_q4=COUNT,
        new_recipients=COUNT,
        new_sources=COUNT,
    ),
    key=("tenant", "account", "hour_utc"),
    added=("unknown_recipients",),
)
HVE_USAGE_DAILY = Table(
    "marts",
    "hve_usage_daily",
    "one row per tenant, account and UTC day with at least one row",
    schema(
        tenant=pa.string(),
        day=pa.date32(),
        account=pa.string(),
        messages=COUNT,
        recipients=COUNT,
        **STATUS_COUNTS,
        billable_recipients=COUNT,
        unknown_recipients=COUNT,
        size_bytes=COUNT,
    ),
    key=("tenant", "account", "day"),
    added=("unknown_recipients",),
)
HVE_SOURCES_DAILY = Table(
    "marts",
    "hve_sources_daily",
    "one row per tenant, account, UTC day and address that it sent from",
    schema(
        tenant=pa.string(),
        day=pa.date32(),
        account=pa.string(),
        from_ip=pa.string(),
        messages=COUNT,
        recipients=COUNT,
        last_at=UTC_TIME,
    ),
    key=("tenant", "account", "day", "from_ip"),
)
HVE_USAGE_CORRECTIONS = Table(
    "marts",
    "hve_usage_corrections",
    "one row per change of what a past day of an account counts as billable",
    schema(
        tenant=pa.string(),
        day=pa.date32(),
        account=pa.string(),
        corrected_at=UTC_TIME,
        batch=COUNT,
        billable_before=COUNT,
        billable_after=COUNT,
        **{f"{status}_{when}": COUNT for status in STATUSES for when in ("before", "after")},
    ),
    partition_by=("tenant",),
)
HVE_COST_DAILY = Table(
    "marts",
    "hve_cost_daily",
    "one row per tenant, account, UTC day and currency of the price book",
    schema(
        tenant=pa.string(),
        day=pa.date32(),
        account=pa.string(),
        currency=pa.string(),
        billable_recipients=COUNT,
        unknown_recipients=COUNT,
        unit_price=MONEY,
        cost=MONEY,
    ),
    key=("tenant", "account", "day", "currency"),
    added=("unknown_recipients",),
)
HVE_BASELINE_HOURLY = Table(
    "marts",
    "hve_baseline_hourly",
    "one row per tenant, account and UTC hour of its life",
    schema(
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
    schema(
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
    partition_by=("tenant",),
    key=("tenant", "id"),
)
HVE_ACTIVITY = Table(
    "marts",
    "hve_activity",
    "one row per tenant, account, UTC hour and quarter of it with at least one row",
    schema(
        tenant=pa.string(),
        day=pa.date32(),
        account=pa.string(),
        hour_utc=UTC_TIME,
        quarter=pa.int32(),
        messages=COUNT,
        recipients=COUNT,
        most_repeated=COUNT,
        wide_recipients=COUNT,
        widest=COUNT,
        new_recipients=COUNT,
        new_subjects=COUNT,
        failed=COUNT,
        filtered=COUNT,
        external=COUNT,
        known_status_recipients=COUNT,
        known_source_recipients=COUNT,
        young_source_recipients=COUNT,
    ),
    key=("tenant", "account", "hour_utc", "quarter"),
    added=("known_status_recipients",),
    is_inner=True,
)
HVE_SIGNALS = Table(
    "marts",
    "hve_signals",
    "one row per tabular signal that fired at the end of a quarter-hour, and window of it",
    schema(
        tenant=pa.string(),
        day=pa.date32(),
        account=pa.string(),
        known_at=UTC_TIME,
        began_at=UTC_TIME,
        signal=pa.string(),
        level=pa.int32(),
        value=pa.float64(),
        usual=pa.float64(),
        window_quarters=pa.int32(),
    ),
    key=("tenant", "account", "known_at", "signal", "window_quarters"),
)
HVE_FINDINGS = SmallTable(
    "marts",
    "hve_findings",
    "one row per change of a finding (check_name, account, subject); without status it is gone",
    schema(
        tenant=pa.string(),
        check_name=pa.string(),
        account=pa.string(),
        subject=pa.string(),
        status=pa.string(),
        severity=pa.string(),
        state=pa.string(),
        evidence=pa.string(),
        fix=pa.string(),
        source=pa.string(),
        due_on=pa.date32(),
        since=UTC_TIME,
        observed_at=UTC_TIME,
        batch=COUNT,
    ),
)
HVE_UNDELIVERED = Table(
    "marts",
    "hve_undelivered",
    "one row per (tenant, day, trace_id, recipient) whose mail did not arrive, or not yet",
    schema(
        tenant=pa.string(),
        day=pa.date32(),
        account=pa.string(),
        trace_id=pa.string(),
        recipient=pa.string(),
        status_group=pa.string(),
        received_at=UTC_TIME,
    ),
    key=("tenant", "trace_id", "recipient"),
)
