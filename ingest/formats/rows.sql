-- Grain: one row per row of the block, as text: exports with one row per message and recipient.
-- A row without a trace id takes the message id: it is the only other name the message has.
select
    b.line,
    coalesce(nullif(trim(b.trace_id), ''), nullif(trim(b.message_id), '')) as trace_id,
    nullif(trim(b.sender), '') as sender,
    nullif(trim(b.recipient), '') as recipient,
    nullif(trim(b.received), '') as received_text,
    nullif(trim(b.message_id), '') as message_id,
    nullif(trim(b.subject), '') as subject,
    nullif(trim(b.size), '') as size_text,
    nullif(trim(b.from_ip), '') as from_ip,
    nullif(trim(b.to_ip), '') as to_ip,
    coalesce(o.status, nullif(trim(b.status), '')) as status
from block as b
left join outcomes as o on o.word = lower(trim(b.status))
