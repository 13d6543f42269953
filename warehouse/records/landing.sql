-- Grain: one row per (trace_id, recipient) of the incoming batch that is new or changes what is stored.
-- Compares the batch with what the store holds for the same days. A field that the new observation
-- does not carry keeps its stored value, and a status that is not final, or no word that we know,
-- never replaces a final one: an export made last week must not undo what Microsoft said since.
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
),

-- What came twice in one batch says the same as in two: the last known value of each field holds.
latest as (
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
),

-- Of several observations of a row the last one holds.
observations as (
    select
        e.*,
        n.row as incoming_row,
        n.day as incoming_day,
        abs(epoch(e.received_at) - epoch(n.received_at)) as apart
    from latest as n
    inner join existing as e on e.trace_id = n.trace_id and e.recipient = n.recipient
    qualify row_number() over (
        partition by n.row, e.day
        order by e.observed_at desc, e.batch desc, e.row desc
    ) = 1
),

-- The stored row of each new one: the same day before the days around it.
stored as (
    select *
    from observations
    where day = incoming_day or apart <= epoch($apart)
    qualify row_number() over (
        partition by incoming_row order by day <> incoming_day, apart, day
    ) = 1
),

merged as (
    select
        coalesce(s.day, n.day) as day,
        n.trace_id,
        n.recipient,
        n.sender,
        if(s.day <> n.day, s.received_at, n.received_at) as received_at,
        case
            when s.trace_id is null or s.status is null then n.status
            when n.status is null then s.status
            when list_contains($settled, lower(s.status))
                and not list_contains($settled, lower(n.status)) then s.status
            else n.status
        end as status,
        coalesce(n.message_id, s.message_id) as message_id,
        coalesce(n.subject, s.subject) as subject,
        coalesce(n.size_bytes, s.size_bytes) as size_bytes,
        coalesce(n.from_ip, s.from_ip) as from_ip,
        coalesce(n.to_ip, s.to_ip) as to_ip,
        coalesce(s.first_seen_at, $observed_at) as first_seen_at,
        greatest($observed_at, s.observed_at) as observed_at,
        n.row,
        s.trace_id is not null as is_revision,
        s.status as stored_status,
        s.message_id as stored_message_id,
        s.subject as stored_subject,
        s.size_bytes as stored_size_bytes,
        s.from_ip as stored_from_ip,
        s.to_ip as stored_to_ip
    from latest as n
    left join stored as s on s.incoming_row = n.row
)

select
    day, trace_id, recipient, sender, received_at, status, message_id, subject, size_bytes,
    from_ip, to_ip, is_revision, first_seen_at, observed_at, row
from merged
where
    not is_revision
    or lower(status) is distinct from lower(stored_status)
    or message_id is distinct from stored_message_id
    or subject is distinct from stored_subject
    or size_bytes is distinct from stored_size_bytes
    or from_ip is distinct from stored_from_ip
    or to_ip is distinct from stored_to_ip
order by day, row
