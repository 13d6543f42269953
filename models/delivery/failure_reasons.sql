-- Grain: one row per reason for which recipients failed in [$since, $until], the commonest first.
-- A reason is the SMTP reply and the word of Exchange in the message's events, both null where the
-- events were not read. Units: recipients, people (distinct addresses).
with reasons as (
    select tenant, trace_id, recipient, max(description) as description
    from raw.trace_events
    where lower(event) = 'fail'
    group by tenant, trace_id, recipient
)

select
    nullif(regexp_extract(
        r.description, '[245][0-9][0-9][ -]+[0-9]\.[0-9]{1,3}\.[0-9]{1,3}'
    ), '') as reply,
    nullif(regexp_extract(r.description, '[A-Z]+\.[A-Z]+\.[A-Za-z]+'), '') as word,
    min(r.description) as example,
    count(*) as recipients,
    count(distinct u.recipient) as people,
    max(u.received_at) as last_at,
    arg_max(u.account, u.received_at) as newest_account,
    arg_max(u.recipient, u.received_at) as newest_recipient
from marts.hve_undelivered as u
left join reasons as r
    on r.tenant = u.tenant and r.trace_id = u.trace_id and r.recipient = u.recipient
where
    u.status_group = 'failed'
    and u.received_at between $since and $until
    and u.day between cast($since as date) and cast($until as date)
    and ($tenant is null or u.tenant = $tenant)
    and ($account is null or u.account = $account)
group by reply, word
order by recipients desc, reply, word
