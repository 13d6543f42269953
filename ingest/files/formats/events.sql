-- Grain: one row per message and recipient of a block of tracking events; recipient is null where
-- the event names none. About 16 events make one such row, so this is what is kept between blocks.
-- An event that replaced an address (a list by its members, an alias by its owner) speaks of the
-- replaced one, in related_recipient_address, and of the new ones, which then wait for theirs.
with events as (
    select
        line,
        trace_id,
        message_id,
        lower(event) as event,
        coalesce(recipient, '') as recipient,
        coalesce(related, '') as related,
        nullif(sender, '') as sender,
        nullif(received, '') as received_text,
        nullif(subject, '') as subject,
        nullif(size, '') as size_text,
        coalesce(from_ip, case when lower(event) = 'receive' then client_ip end) as from_ip
    from block
    -- What a server notes of its own outbox names neither a message nor a recipient.
    where trace_id is not null or lower(event) not in ('notifymapi', 'notifyshadow', 'hadiscard')
),

named as (
    select
        *,
        unnest(string_split(recipient, ';')) as address,
        event in ('expand', 'resolve', 'redirect', 'duplicateredirect') as is_new_address
    from events
    union all by name
    select
        *,
        unnest(string_split(related, ';')) as address,
        false as is_new_address
    from events
    where
        event in ('expand', 'resolve', 'redirect', 'duplicateredirect')
        and related <> ''
)

select
    n.trace_id,
    nullif(lower(trim(n.address)), '') as recipient,
    min(n.line) as line,
    min(plausible(instant(n.received_text))) as received_at,
    arg_min(n.received_text, n.line) as received_text,
    arg_min(n.message_id, n.line) as message_id,
    arg_min(n.sender, n.line) as sender,
    arg_min(n.subject, n.line) as subject,
    arg_min(n.size_text, n.line) as size_text,
    arg_min(n.from_ip, n.line) as from_ip,
    min(if(n.is_new_address, w.rank, coalesce(o.rank, w.rank))) as rank
from named as n
left join outcomes as o on o.word = n.event
cross join (select rank from outcomes where word = 'pending') as w
group by n.trace_id, nullif(lower(trim(n.address)), ''), if(n.trace_id is null, n.line, null)
