-- Grain: one row per (trace_id, recipient) of the incoming batch, and per week apart.
-- What came twice in one batch says the same as in two: the last known value of each field holds.
with repeated as (
    select trace_id, recipient
    from incoming
    group by trace_id, recipient
    having count(*) > 1
),

-- Rows that are dated within $apart of each other are one; `origin` is the earliest of them.
dated as (
    select
        i.*,
        min(i.received_at) over (
            partition by i.trace_id, i.recipient
            order by i.received_at
            range between $apart preceding and current row
        ) as origin
    from incoming as i
    semi join repeated as r on r.trace_id = i.trace_id and r.recipient = i.recipient
)

select i.*
from incoming as i
anti join repeated as r on r.trace_id = i.trace_id and r.recipient = i.recipient
union all by name
select
    min(day) as day,
    trace_id,
    recipient,
    arg_max(sender, row) as sender,
    min(received_at) as received_at,
    coalesce(
        arg_max(status, row) filter (where list_contains($settled, lower(status))),
        arg_max(status, row) filter (where status is not null)
    ) as status,
    arg_max(message_id, row) filter (where message_id is not null) as message_id,
    arg_max(subject, row) filter (where subject is not null) as subject,
    arg_max(size_bytes, row) filter (where size_bytes is not null) as size_bytes,
    arg_max(from_ip, row) filter (where from_ip is not null) as from_ip,
    arg_max(to_ip, row) filter (where to_ip is not null) as to_ip,
    max(row) as row
from dated
group by trace_id, recipient, origin
order by row
