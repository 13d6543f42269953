-- Grain: one row per failed (trace_id, recipient) whose events were never fetched, newest first.
with ranked as (
    select
        trace_id,
        recipient,
        received_at,
        status,
        row_number() over (
            partition by day, trace_id, recipient order by observed_at desc, batch desc, row desc
        ) as recency
    from traces
)

select r.trace_id, r.recipient
from ranked as r
left join (select distinct trace_id, recipient from events) as e
    on e.trace_id = r.trace_id and e.recipient = r.recipient
where
    r.recency = 1
    and r.received_at >= $since
    and lower(r.status) = 'failed'
    and e.trace_id is null
    and r.recipient not like 'aggregate:%'
    and r.recipient not like 'erased:%'
order by r.received_at desc, r.trace_id, r.recipient
limit $budget
