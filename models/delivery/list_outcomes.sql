-- Grain: one row per list that mail was sent to in [$since, $until]. Units: messages; recipients of
-- the messages that went to the list, its members and whoever was beside it.
with lists as (
    select distinct tenant, trace_id, recipient as address
    from staging.stg_message_traces
    where
        status_group = 'expanded'
        and received_at >= $since and received_at < $until
        and day between cast($since as date) and cast($until as date)
        and ($tenant is null or tenant = $tenant)
        and ($accounts is null or list_contains($accounts, account))
)

select
    l.address,
    count(distinct l.trace_id) as messages,
    count(t.recipient) as recipients,
    count(t.recipient) filter (where t.status_group = 'delivered') as delivered,
    count(t.recipient) filter (where t.status_group = 'failed') as failed,
    count(t.recipient) filter (where t.status_group = 'quarantined') as quarantined,
    count(t.recipient) filter (where t.status_group = 'filtered_as_spam') as filtered_as_spam,
    count(t.recipient) filter (where t.status_group = 'pending') as pending,
    count(t.recipient) filter (where t.status_group is null) as unknown_recipients
from lists as l
left join staging.stg_message_traces as t
    on t.tenant = l.tenant
    and t.trace_id = l.trace_id
    and t.status_group is distinct from 'expanded'
    and t.day between cast($since as date) and cast($until as date)
group by l.address
order by recipients desc, l.address
