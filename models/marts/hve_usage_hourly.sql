-- Grain: one row per tenant, account and UTC hour with at least one row.
-- Units: counts; recipients are rows per (trace_id, recipient) without `expanded`. Counts by status
-- are null where no row of the hour carries a status (see hve_usage_daily), new_sources where none carries an address,
-- new_recipients where recipients are not kept.
-- recipients_q1..q4 are its quarter-hours. A contact or source is new in the hour of its first row.
with hours as (
    select
        tenant,
        day,
        account,
        date_trunc('hour', received_at) as hour_utc,
        extract(minute from received_at) as minute,
        trace_id,
        status_group,
        status_group is distinct from 'expanded' as is_recipient,
        from_ip not in ('', '255.255.255.255') as has_source,
        recipient not like 'aggregate:%' as has_recipient
    from staging.stg_message_traces
),

counted as (
    select
        tenant,
        day,
        account,
        hour_utc,
        count(distinct trace_id) as messages,
        count(*) filter (where is_recipient) as recipients,
        count(status_group) as rows_with_status,
        count(*) filter (where status_group = 'delivered') as delivered,
        count(*) filter (where status_group = 'failed') as failed,
        count(*) filter (where status_group = 'quarantined') as quarantined,
        count(*) filter (where status_group = 'filtered_as_spam') as filtered_as_spam,
        count(*) filter (where status_group = 'pending') as pending,
        count(*) filter (where status_group = 'expanded') as expanded,
        count(*) filter (where coalesce(status_group, 'other') = 'other') as other,
        count(*) filter (where status_group is null) as unknown_recipients,
        count(*) filter (where is_recipient and minute < 15) as recipients_q1,
        count(*) filter (where is_recipient and minute >= 15 and minute < 30) as recipients_q2,
        count(*) filter (where is_recipient and minute >= 30 and minute < 45) as recipients_q3,
        count(*) filter (where is_recipient and minute >= 45) as recipients_q4,
        count(*) filter (where has_source) as rows_with_source,
        count(*) filter (where has_recipient) as rows_with_recipient
    from hours
    group by tenant, day, account, hour_utc
),

contacts as (
    select tenant, account, date_trunc('hour', first_at) as hour_utc, count(*) as new_recipients
    from kept.first_contacts
    group by tenant, account, date_trunc('hour', first_at)
),

sources as (
    select tenant, account, date_trunc('hour', first_at) as hour_utc, count(*) as new_sources
    from kept.first_sources
    group by tenant, account, date_trunc('hour', first_at)
)

select
    c.tenant,
    c.day,
    c.account,
    c.hour_utc,
    c.messages,
    c.recipients,
    case when c.rows_with_status > 0 then c.delivered end as delivered,
    case when c.rows_with_status > 0 then c.failed end as failed,
    case when c.rows_with_status > 0 then c.quarantined end as quarantined,
    case when c.rows_with_status > 0 then c.filtered_as_spam end as filtered_as_spam,
    case when c.rows_with_status > 0 then c.pending end as pending,
    case when c.rows_with_status > 0 then c.expanded end as expanded,
    c.other,
    c.unknown_recipients,
    c.recipients_q1,
    c.recipients_q2,
    c.recipients_q3,
    c.recipients_q4,
    case when c.rows_with_recipient > 0 then coalesce(n.new_recipients, 0) end as new_recipients,
    case when c.rows_with_source > 0 then coalesce(s.new_sources, 0) end as new_sources
from counted as c
left join contacts as n
    on n.tenant = c.tenant and n.account = c.account and n.hour_utc = c.hour_utc
left join sources as s
    on s.tenant = c.tenant and s.account = c.account and s.hour_utc = c.hour_utc
