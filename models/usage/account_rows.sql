-- Grain: one row per (trace_id, recipient) of one account in [$since, $until]: as staging shows it.
-- Reads the raw rows of the account's addresses. Observations are compared on the $revised days
-- alone, where a key has several, so that ids of other days are not read.
with observed as not materialized (
    select *
    from raw.message_traces
    where
        tenant = $tenant
        and day between cast($since as date) and cast($until as date)
        and sender in ({addresses})
),

latest as (
    select day, trace_id, recipient, from_ip, received_at, status
    from observed
    where not list_contains($revised, day)
    union all
    select day, trace_id, recipient, from_ip, received_at, status
    from observed
    where list_contains($revised, day)
    qualify
        row_number() over (
            partition by day, trace_id, recipient
            order by observed_at desc, batch desc, row desc
        ) = 1
)

select
    day,
    trace_id,
    recipient,
    from_ip,
    received_at,
    lower(status) is distinct from 'expanded' as is_recipient
from latest
where received_at between $since and $until
