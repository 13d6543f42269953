-- Grain: one row per row of `texts`, typed. `reason` says why a row cannot be kept and is null for a
-- good one; of a value that cannot be read it shows the pattern, never the text: where columns are
-- shifted, that text may be a subject.
with typed as (
    select
        *,
        calendar(instant(received_text)) as received_at,
        case
            when not contains(size_text, '.') then try_cast(size_text as bigint)
        end as size_bytes
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
        when received_at is null then 'received_at is no time: ' || pattern(received_text)
        when size_text is not null and size_bytes is null
            then 'size is no whole number: ' || pattern(size_text)
    end as reason
from typed
