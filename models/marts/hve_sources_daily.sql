-- Grain: one row per tenant, account, UTC day and address that it sent from; null is unknown.
-- Units: messages with a row from there, recipients without `expanded`; last_at is a UTC instant.
with parts as (
    select place, source, recipients, last_at
    from steps.sent_messages
    where has_one_source
    union all
    select place, source, sum(recipients) as recipients, max(last_at) as last_at
    from steps.spread
    where not has_one_source
    group by place, message, source
),

counted as (
    select
        place,
        source,
        count(*) as messages,
        cast(sum(recipients) as bigint) as recipients,
        max(last_at) as last_at
    from parts
    group by place, source
),

names as (
    select source, any_value(from_ip) as from_ip
    from steps.traces
    group by source
)

select p.tenant, p.day, p.account, n.from_ip, c.messages, c.recipients, c.last_at
from counted as c
inner join steps.places as p on p.place = c.place
inner join names as n on n.source is not distinct from c.source
