-- Grain: one row per tenant, account and UTC day with at least one row.
-- Units: counts, size_bytes in bytes. billable_recipients is an estimate from traces: delivered
-- rows, lists counted by their members. Counts by status are null where no row carries a status;
-- where some do, they count these, and any of unknown_recipients may belong to them.
-- Which statuses are billable on a day says reference.billable_statuses, whose spans never overlap.
with metered as (
    select t.tenant, t.day, t.account, t.trace_id, t.status_group, t.size_bytes, b.status as billable
    from staging.stg_message_traces as t
    left join reference.billable_statuses as b
        on b.status = t.status_group and t.day >= b.from_day and t.day < b.until_day
)

select
    tenant,
    day,
    account,
    count(distinct trace_id) as messages,
    count(*) filter (where status_group is distinct from 'expanded') as recipients,
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
    case when count(status_group) > 0 then count(billable) end as billable_recipients,
    count(*) filter (where status_group is null) as unknown_recipients,
    sum(size_bytes) as size_bytes
from metered
group by tenant, day, account
