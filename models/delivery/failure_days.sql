-- Grain: one row per UTC day and reason for which recipients failed in [$since, $until].
-- A reason is the SMTP reply in the message's events, null where they were not read. Units:
-- recipients.
with reasons as (
    select tenant, trace_id, recipient, max(description) as description
    from raw.trace_events
    where lower(event) = 'fail'
    group by tenant, trace_id, recipient
)

select
    u.day,
    nullif(regexp_extract(
        r.description, '[245][0-9][0-9][ -]+[0-9]\.[0-9]{1,3}\.[0-9]{1,3}'
    ), '') as reason,
    count(*) as recipients
from marts.hve_undelivered as u
left join reasons as r
    on r.tenant = u.tenant and r.trace_id = u.trace_id and r.recipient = u.recipient
where
    u.status_group = 'failed'
    and u.received_at between $since and $until
    and u.day between cast($since as date) and cast($until as date)
    and ($tenant is null or u.tenant = $tenant)
    and ($accounts is null or list_contains($accounts, u.account))
group by u.day, reason
order by u.day, reason
