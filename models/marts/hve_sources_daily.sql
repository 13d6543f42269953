-- Grain: one row per tenant, account, UTC day and address that it sent from; null is unknown.
-- Units: messages with a row from there, recipients without `expanded`; last_at is a UTC instant.
-- Nearly all messages have one source: only the others are looked at row by row.
with spread as (
    select
        t.tenant,
        t.day,
        t.account,
        t.trace_id,
        t.from_ip,
        count(*) filter (where t.status_group is distinct from 'expanded') as recipients,
        max(t.received_at) as last_at
    from steps.traces as t
    inner join steps.sent_messages as m
        on m.tenant = t.tenant
        and m.day = t.day
        and m.account = t.account
        and m.trace_id = t.trace_id
        and not m.has_one_source
    group by t.tenant, t.day, t.account, t.trace_id, t.from_ip
),

parts as (
    select tenant, day, account, from_ip, recipients, last_at
    from steps.sent_messages
    where has_one_source
    union all
    select tenant, day, account, from_ip, recipients, last_at
    from spread
)

select
    tenant,
    day,
    account,
    from_ip,
    count(*) as messages,
    cast(sum(recipients) as bigint) as recipients,
    max(last_at) as last_at
from parts
group by tenant, day, account, from_ip
