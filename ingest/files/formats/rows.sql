-- Grain: one row per row of the block, as text: exports with one row per message and recipient.
-- A row without a trace id takes the message id: it is the only other name the message has.
select
    b.line,
    coalesce(nullif(b.trace_id, ''), nullif(b.message_id, '')) as trace_id,
    nullif(b.sender, '') as sender,
    nullif(b.recipient, '') as recipient,
    nullif(b.received, '') as received_text,
    nullif(b.message_id, '') as message_id,
    nullif(b.subject, '') as subject,
    nullif(b.size, '') as size_text,
    nullif(b.from_ip, '') as from_ip,
    nullif(b.to_ip, '') as to_ip,
    coalesce(o.status, nullif(b.status, '')) as status
from block as b
left join outcomes as o on o.word = lower(b.status)
