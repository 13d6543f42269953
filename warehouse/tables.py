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
    added: tuple[str, ...] = field(default=())  # columns that older files may lack
    is_inner: bool = False  # read by builds alone: never copied into the published file


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
        is_revision=pa.bool_(),
        first_seen_at=UTC_TIME,
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
FIRST_SUBJECTS = Table(
    "marts",
    "first_subjects",
    "one row per (tenant, account, subject_hash) and correction; the earliest first_at holds",
    _schema(tenant=pa.string(), account=pa.string(), subject_hash=pa.string(), first_at=UTC_TIME),
    ("tenant",),
    ("tenant", "account", "subject_hash"),
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
        size_bytes=COUNT,
    ),
    key=("tenant", "account", "day"),
)
HVE_USAGE_CORRECTIONS = Table(
    "marts",
    "hve_usage_corrections",
    "one row per change of what a past day of an account counts as billable",
    _schema(
        tenant=pa.string(),
        day=pa.date32(),
        account=pa.string(),
        corrected_at=UTC_TIME,
        batch=COUNT,
        billable_before=COUNT,
        billable_after=COUNT,
        **{f"{status}_{when}": COUNT for status in STATUSES for when in ("before", "after")},
    ),
    ("tenant",),
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

HVE_ACTIVITY = Table(
    "marts",
    "hve_activity",
    "one row per tenant, account, UTC hour and quarter of it with at least one row",
    _schema(
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
        known_source_recipients=COUNT,
        young_source_recipients=COUNT,
    ),
    key=("tenant", "account", "hour_utc", "quarter"),
    is_inner=True,
)
HVE_SIGNALS = Table(
    "marts",
    "hve_signals",
    "one row per tabular signal that fired at the end of a quarter-hour, and window of it",
    _schema(
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

# As received: Azure writes up to 17 significant digits, also for fractions of a cent.
AMOUNT = pa.decimal128(38, 18)
AZURE_COSTS = Table(
    "facts",
    "azure_costs",
    "one row per observation of a (scope, day, group_key, currency); the last one holds",
    _schema(
        tenant=pa.string(),
        day=pa.date32(),
        scope=pa.string(),
        service_name=pa.string(),
        meter_category=pa.string(),
        meter_subcategory=pa.string(),
        meter=pa.string(),
        resource_group=pa.string(),
        group_key=pa.string(),
        currency=pa.string(),
        cost=AMOUNT,
        is_hve=pa.bool_(),
        quantity=AMOUNT,
        observed_at=UTC_TIME,
        batch=COUNT,
        source=pa.string(),
    ),
    ("tenant",),
    ("tenant", "scope", "day", "group_key", "currency"),
    ("quantity",),
)
RETAIL_PRICES = Table(
    "facts",
    "retail_prices",
    "one row per list price that mentions HVE and change of it; the last one holds",
    _schema(
        tenant=pa.string(),
        meter_id=pa.string(),
        service_name=pa.string(),
        product_name=pa.string(),
        sku_name=pa.string(),
        meter_name=pa.string(),
        region=pa.string(),
        price_type=pa.string(),
        unit_of_measure=pa.string(),
        tier_minimum_units=AMOUNT,
        currency=pa.string(),
        retail_price=AMOUNT,
        effective_from=UTC_TIME,
        observed_at=UTC_TIME,
        batch=COUNT,
        source=pa.string(),
    ),
    ("tenant",),
)
SIGN_INS = Table(
    "facts",
    "sign_ins",
    "one row per sign-in of an HVE account or of an application that may send for one",
    _schema(
        tenant=pa.string(),
        day=pa.date32(),
        id=pa.string(),
        created_at=UTC_TIME,
        account=pa.string(),
        user_principal_name=pa.string(),
        ip_address=pa.string(),
        client_app_used=pa.string(),
        app_display_name=pa.string(),
        app_id=pa.string(),
        error_code=COUNT,
        failure_reason=pa.string(),
        conditional_access_status=pa.string(),
        country=pa.string(),
        is_service_principal=pa.bool_(),
        observed_at=UTC_TIME,
        batch=COUNT,
    ),
    key=("tenant", "id"),
)
POLICIES = Table(
    "facts",
    "policies",
    "one row per change of a (kind, object_id); without document and reason it is gone",
    _schema(
        tenant=pa.string(),
        kind=pa.string(),
        object_id=pa.string(),
        name=pa.string(),
        document=pa.string(),
        unavailable_reason=pa.string(),
        observed_at=UTC_TIME,
        batch=COUNT,
        source=pa.string(),
    ),
    ("tenant",),
)
TRACE_EVENTS = Table(
    "facts",
    "trace_events",
    "one row per event of a (trace_id, recipient); one without event where none is known",
    _schema(
        tenant=pa.string(),
        day=pa.date32(),
        trace_id=pa.string(),
        recipient=pa.string(),
        event_at=UTC_TIME,
        event=pa.string(),
        action=pa.string(),
        description=pa.string(),
        data=pa.string(),
        observed_at=UTC_TIME,
        batch=COUNT,
    ),
)

HVE_FINDINGS = Table(
    "marts",
    "hve_findings",
    "one row per change of a finding (check_name, account, subject); without status it is gone",
    _schema(
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
    ("tenant",),
)

IDENTITIES = Table(
    "facts",
    "identities",
    "one row per pseudonym of a recipient; `sealed` opens with the key outside the store alone",
    _schema(tenant=pa.string(), pseudonym=pa.string(), sealed=pa.string()),
    ("tenant",),
    ("tenant", "pseudonym"),
)

HVE_UNDELIVERED = Table(
    "marts",
    "hve_undelivered",
    "one row per (tenant, day, trace_id, recipient) whose mail did not arrive, or not yet",
    _schema(
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

TABLES: tuple[Table, ...] = (
    MESSAGE_TRACES,
    HVE_ACCOUNTS,
    BILLING_POLICIES,
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
    AZURE_COSTS,
    RETAIL_PRICES,
    SIGN_INS,
    POLICIES,
    TRACE_EVENTS,
    HVE_FINDINGS,
    IDENTITIES,
    HVE_UNDELIVERED,
)
