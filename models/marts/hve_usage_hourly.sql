-- Grain: one row per tenant, account and UTC hour with at least one row.
-- Units: counts; recipients are rows per (trace_id, recipient) without `expanded`. Counts by status
-- are null where no row of the hour carries a status (see hve_usage_daily), new_sources where none carries an address,
-- new_recipients where recipients are not kept.
-- recipients_q1..q4 are its quarter-hours. A contact or source is new in the hour of its first row.
with counted as (
    select
        tenant,
        day,
        account,
        hour_utc,
        cast(sum(new_in_hour) as bigint) as messages,
        cast(sum(recipients) as bigint) as recipients,
        sum(with_status) as with_status,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(failed) as bigint) as failed,
        cast(sum(quarantined) as bigint) as quarantined,
        cast(sum(filtered_as_spam) as bigint) as filtered_as_spam,
        cast(sum(pending) as bigint) as pending,
        cast(sum(expanded) as bigint) as expanded,
        cast(sum(other) as bigint) as other,
        cast(sum(unknown_recipients) as bigint) as unknown_recipients,
        cast(sum(case when quarter = 0 then recipients else 0 end) as bigint) as recipients_q1,
        cast(sum(case when quarter = 1 then recipients else 0 end) as bigint) as recipients_q2,
        cast(sum(case when quarter = 2 then recipients else 0 end) as bigint) as recipients_q3,
        cast(sum(case when quarter = 3 then recipients else 0 end) as bigint) as recipients_q4,
        sum(with_source) as with_source,
        sum(with_recipient) as with_recipient
    from steps.outcomes
    group by tenant, day, account, hour_utc
),

firsts as (
    select
        tenant,
        account,
        hour_utc,
        cast(sum(new_recipients) as bigint) as new_recipients,
        cast(sum(new_sources) as bigint) as new_sources
    from steps.firsts
    group by tenant, account, hour_utc
)

select
    c.tenant,
    c.day,
    c.account,
    c.hour_utc,
    c.messages,
    c.recipients,
    case when c.with_status > 0 then c.delivered end as delivered,
    case when c.with_status > 0 then c.failed end as failed,
    case when c.with_status > 0 then c.quarantined end as quarantined,
    case when c.with_status > 0 then c.filtered_as_spam end as filtered_as_spam,
    case when c.with_status > 0 then c.pending end as pending,
    case when c.with_status > 0 then c.expanded end as expanded,
    c.other,
    c.unknown_recipients,
    c.recipients_q1,
    c.recipients_q2,
    c.recipients_q3,
    c.recipients_q4,
    case when c.with_recipient > 0 then coalesce(f.new_recipients, 0) end as new_recipients,
    case when c.with_source > 0 then coalesce(f.new_sources, 0) end as new_sources
from counted as c
left join firsts as f
    on f.tenant = c.tenant and f.account = c.account and f.hour_utc = c.hour_utc
