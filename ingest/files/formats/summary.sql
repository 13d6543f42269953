-- Grain: one row per part of every message's `recipient_status` in the block, as text, in its order;
-- `a@x##Receive, Deliver;b@x##Receive, Fail` has two parts. Seldom two of one recipient: best.sql.
with parts as (
    select
        *,
        unnest(string_split(
            if(suffix(status, ';'), rtrim(status, '; '), coalesce(status, '')), ';'
        )) as part
    from block
),

recipients as (
    select
        *,
        split_part(part, '##', 1) as address,
        split_part(part, '##', 2) as events
    from parts
)

select
    line,
    trace_id,
    nullif(sender, '') as sender,
    nullif(trim(address), '') as recipient,
    nullif(received, '') as received_text,
    message_id,
    nullif(subject, '') as subject,
    nullif(size, '') as size_text,
    from_ip,
    to_ip,
    nullif(events, '') as status
from recipients
