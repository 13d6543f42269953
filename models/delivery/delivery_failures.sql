-- Grain: one row per tenant, account, reason and failed recipient in [$since, $until).
-- `reason` is the SMTP reply of the message's events, null where they were not fetched.
with reasons as (
    select
        tenant,
        trace_id,
        recipient,
        nullif(
            max(regexp_extract(description, '[245][0-9][0-9][ -]+[0-9]\.[0-9]{1,3}\.[0-9]{1,3}')), ''
        ) as reason
    from raw.trace_events
    where lower(event) = 'fail'
    group by tenant, trace_id, recipient
)

select
    t.tenant,
    t.account,
    r.reason,
    t.recipient,
    count(*) as messages,
    max(t.received_at) as last_at
from staging.stg_message_traces as t
left join reasons as r
    on r.tenant = t.tenant and r.trace_id = t.trace_id and r.recipient = t.recipient
where
    t.status_group = 'failed'
    and t.received_at >= $since and t.received_at < $until
    and t.day between cast($since as date) and cast($until as date)
    and ($tenant is null or t.tenant = $tenant)
    and ($account is null or t.account = $account)
group by t.tenant, t.account, r.reason, t.recipient
order by t.tenant, t.account, messages desc, t.recipient, r.reason
