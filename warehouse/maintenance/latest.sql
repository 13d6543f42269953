-- Grain: one row per (tenant, day, trace_id, recipient): the last observation, with first_seen_at.
-- Sorted for searches by recipient.
with ranked as (
    select
        *,
        row_number() over (
            partition by tenant, day, trace_id, recipient
            order by observed_at desc, batch desc, row desc
        ) as recency
    from existing
)

-- One observation is left per row, so that its place in the batch decides nothing any more.
select * exclude (recency) replace (0 as row, false as is_revision)
from ranked
where recency = 1
order by day, recipient, received_at
