-- Grain: one row per row of the block, as text: exports with one row per message and recipient.
select
    line,
    trace_id,
    nullif(sender, '') as sender,
    nullif(recipient, '') as recipient,
    nullif(received, '') as received_text,
    message_id,
    nullif(subject, '') as subject,
    nullif(size, '') as size_text,
    from_ip,
    to_ip,
    nullif(status, '') as status
from block
