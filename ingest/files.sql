-- Grain: one row per row of the file, in its order; `line` counts from 1 with a header above.
-- `reason` says why a row cannot be kept and is null for a good one. A time without a zone is UTC.
with texts as (
    select
        row_number() over () + 1 as line,
        {id} as trace_id,
        {sender} as sender,
        {recipient} as recipient,
        {received_at} as received_text,
        {message_id} as message_id,
        {subject} as subject,
        {size} as size_text,
        {from_ip} as from_ip,
        {to_ip} as to_ip,
        {status} as status
    from file
),

typed as (
    select
        *,
        try_cast(received_text as timestamptz) as received_at,
        try_cast(size_text as bigint) as size_bytes
    from texts
)

select
    line,
    trace_id,
    sender,
    recipient,
    received_at,
    message_id,
    subject,
    size_bytes,
    from_ip,
    to_ip,
    status,
    case
        when trace_id is null then 'id is empty'
        when sender is null then 'sender is empty'
        when recipient is null then 'recipient is empty'
        when received_text is null then 'received_at is empty'
        when received_at is null then 'received_at is no time: ' || left(received_text, 40)
        when size_text is not null and size_bytes is null
            then 'size is no whole number: ' || left(size_text, 40)
    end as reason
from typed
