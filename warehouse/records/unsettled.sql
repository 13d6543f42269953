-- Grain: one row per sender with a status that may still change. Unit: UTC instant of its oldest row.
with ranked as (
    select
        sender,
        received_at,
        status,
        row_number() over (
            partition by day, trace_id, recipient order by observed_at desc, batch desc, row desc
        ) as recency
    from existing
)

select sender, min(received_at) as oldest
from ranked
where recency = 1 and received_at >= $since and lower(status) in (select unnest($statuses))
group by sender
