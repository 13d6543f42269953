-- Grain: one row per tenant, account and UTC hour with at least one row.
-- Units: counts; recipients are rows per (trace_id, recipient) without `expanded`. Counts by status
-- are null where no row of the hour carries a status, new_sources where none carries an address.
-- recipients_q1..q4 are its quarter-hours.
with rows_of_the_days as (
    select
        t.tenant,
        t.day,
        t.account,
        date_trunc('hour', t.received_at) as hour_utc,
        extract(minute from t.received_at) as minute,
        t.trace_id,
        t.recipient,
        case when t.from_ip not in ('', '255.255.255.255') then t.from_ip end as source_ip,
        t.status_group,
        t.status_group is distinct from 'expanded' as is_recipient,
        c.first_at >= date_trunc('hour', t.received_at) as is_new_recipient,
        s.first_at >= date_trunc('hour', t.received_at) as is_new_source
    from staging.stg_message_traces as t
    left join kept.first_contacts as c
        on c.tenant = t.tenant and c.account = t.account and c.recipient = t.recipient
    left join kept.first_sources as s
        on s.tenant = t.tenant and s.account = t.account and s.from_ip = t.from_ip
)

select
    tenant,
    day,
    account,
    hour_utc,
    count(distinct trace_id) as messages,
    count(*) filter (where is_recipient) as recipients,
    case when count(status_group) > 0 then count(*) filter (where status_group = 'delivered') end
        as delivered,
    case when count(status_group) > 0 then count(*) filter (where status_group = 'failed') end
        as failed,
    case when count(status_group) > 0 then count(*) filter (where status_group = 'quarantined') end
        as quarantined,
    case
        when count(status_group) > 0 then count(*) filter (where status_group = 'filtered_as_spam')
    end as filtered_as_spam,
    case when count(status_group) > 0 then count(*) filter (where status_group = 'pending') end
        as pending,
    case when count(status_group) > 0 then count(*) filter (where status_group = 'expanded') end
        as expanded,
    count(*) filter (where coalesce(status_group, 'other') = 'other') as other,
    count(*) filter (where is_recipient and minute < 15) as recipients_q1,
    count(*) filter (where is_recipient and minute >= 15 and minute < 30) as recipients_q2,
    count(*) filter (where is_recipient and minute >= 30 and minute < 45) as recipients_q3,
    count(*) filter (where is_recipient and minute >= 45) as recipients_q4,
    count(distinct case when is_recipient then recipient end) as distinct_recipients,
    count(distinct case when is_recipient and is_new_recipient then recipient end)
        as new_recipients,
    case
        when count(source_ip) > 0 then count(distinct case when is_new_source then source_ip end)
    end as new_sources
from rows_of_the_days
group by tenant, day, account, hour_utc
