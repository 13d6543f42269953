-- Grain: one row per recipient that $account wrote to in [$since, $until), most mails first.
-- is_reached: a message was delivered; null where none was and an outcome is unknown or pending.
-- is_new: the account's first mail to it ever lies in that time. Times are UTC.
select
    t.recipient,
    count(*) as messages,
    list(distinct t.trace_id order by t.trace_id) as trace_ids,
    list(distinct t.status order by t.status) as statuses,
    list(distinct t.from_ip order by t.from_ip) as sources,
    min(t.received_at) as first_at,
    max(t.received_at) as last_at,
    coalesce(min(c.first_at) >= $since, false) as is_new,
    case
        when coalesce(bool_or(t.status_group = 'delivered'), false) then true
        when bool_or(t.status_group is null or t.status_group = 'pending') then null
        else false
    end as is_reached
from staging.stg_message_traces as t
left join (
    select recipient, min(first_at) as first_at
    from marts.first_contacts
    where tenant = $tenant and account = $account
    group by recipient
) as c on c.recipient = t.recipient
where
    t.tenant = $tenant
    and t.account = $account
    and t.received_at >= $since
    and t.received_at < $until
    and t.day between cast($since as date) and cast($until as date)
    and t.status_group is distinct from 'expanded'
group by t.recipient
order by messages desc, t.recipient
