-- Grain: one row per tenant, account and UTC hour with at least one row, and one per UTC day of it,
-- whose hour_utc is null.
-- Units: counts as in hve_usage_daily and hve_usage_hourly; recipients_q1..q4 are the quarter-hours
-- of an hour. with_… are rows that carry it.
with counted as (
    select
        tenant,
        day,
        account,
        hour_utc,
        cast(
            case when grouping(hour_utc) = 0 then sum(new_in_hour) else sum(new_in_day) end as bigint
        ) as messages,
        cast(sum(recipients) as bigint) as recipients,
        sum(with_status) as with_status,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(failed) as bigint) as failed,
        cast(sum(quarantined) as bigint) as quarantined,
        cast(sum(filtered_as_spam) as bigint) as filtered_as_spam,
        cast(sum(pending) as bigint) as pending,
        cast(sum(expanded) as bigint) as expanded,
        cast(sum(other) as bigint) as other,
        cast(sum(billable) as bigint) as billable,
        cast(sum(unknown_recipients) as bigint) as unknown_recipients,
        cast(sum(case when quarter = 0 then recipients else 0 end) as bigint) as recipients_q1,
        cast(sum(case when quarter = 1 then recipients else 0 end) as bigint) as recipients_q2,
        cast(sum(case when quarter = 2 then recipients else 0 end) as bigint) as recipients_q3,
        cast(sum(case when quarter = 3 then recipients else 0 end) as bigint) as recipients_q4,
        sum(with_source) as with_source,
        sum(with_recipient) as with_recipient,
        cast(sum(size_bytes) as bigint) as size_bytes
    from steps.outcomes
    group by grouping sets ((tenant, day, account, hour_utc), (tenant, day, account))
)

select
    tenant,
    day,
    account,
    hour_utc,
    messages,
    recipients,
    case when with_status > 0 then delivered end as delivered,
    case when with_status > 0 then failed end as failed,
    case when with_status > 0 then quarantined end as quarantined,
    case when with_status > 0 then filtered_as_spam end as filtered_as_spam,
    case when with_status > 0 then pending end as pending,
    case when with_status > 0 then expanded end as expanded,
    other,
    case when with_status > 0 then billable end as billable_recipients,
    unknown_recipients,
    recipients_q1,
    recipients_q2,
    recipients_q3,
    recipients_q4,
    with_source,
    with_recipient,
    size_bytes
from counted
