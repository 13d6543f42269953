-- Grain: one row per tenant, account and UTC hour with at least one row.
-- Units: counts; recipients are rows per (trace_id, recipient) without `expanded`. Counts by status
-- are null where no row of the hour carries a status (see hve_usage_daily), new_sources where none carries an address,
-- new_recipients where recipients are not kept.
-- recipients_q1..q4 are its quarter-hours. A contact or source is new in the hour of its first row.
with firsts as (
    select
        owner,
        to_timestamp(quarter // 4 * 3600) as hour_utc,
        cast(sum(new_recipients) as bigint) as new_recipients,
        cast(sum(new_sources) as bigint) as new_sources
    from steps.firsts
    group by owner, hour_utc
)

select
    c.tenant,
    c.day,
    c.account,
    c.hour_utc,
    c.messages,
    c.recipients,
    c.delivered,
    c.failed,
    c.quarantined,
    c.filtered_as_spam,
    c.pending,
    c.expanded,
    c.other,
    c.unknown_recipients,
    c.recipients_q1,
    c.recipients_q2,
    c.recipients_q3,
    c.recipients_q4,
    case when c.with_recipient > 0 then coalesce(f.new_recipients, 0) end as new_recipients,
    case when c.with_source > 0 then coalesce(f.new_sources, 0) end as new_sources
from steps.usage as c
left join firsts as f
    on f.owner = c.owner and f.hour_utc = c.hour_utc
where c.hour_utc is not null
