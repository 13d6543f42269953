-- Grain: one row per (message, recipient) of a whole file of tracking events, as text.
-- What one event says of the message holds for all its recipients. A message that names no
-- recipient in any event keeps one row without, which is then rejected.
with messages as (
    select
        trace_id,
        min(received_at) as received_at,
        arg_min(received_text, line) as received_text,
        arg_min(message_id, line) as message_id,
        arg_min(sender, line) as sender,
        arg_min(subject, line) as subject,
        arg_min(size_text, line) as size_text,
        arg_min(from_ip, line) as from_ip,
        bool_or(recipient is not null) as has_recipient
    from partial
    where trace_id is not null
    group by trace_id
),

recipients as (
    select
        trace_id,
        recipient,
        min(line) as line,
        min(rank) as rank
    from partial
    group by trace_id, recipient, if(trace_id is null, line, null)
),

statuses as (
    select distinct rank, status
    from outcomes
)

select
    r.line,
    r.trace_id,
    m.sender,
    r.recipient,
    coalesce(cast(m.received_at as varchar), m.received_text) as received_text,
    m.message_id,
    m.subject,
    m.size_text,
    m.from_ip,
    cast(null as varchar) as to_ip,
    s.status
from recipients as r
left join messages as m on m.trace_id = r.trace_id
left join statuses as s on s.rank = r.rank
where r.recipient is not null or not coalesce(m.has_recipient, false)
