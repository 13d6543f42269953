-- Grain: one row per (trace_id, recipient) of the incoming batch.
-- Compares the batch with what the store holds for the same days. A field that the new observation
-- does not carry keeps its stored value, and a status that may still change never replaces a final
-- one: an export made last week must not undo what Microsoft said since.
with repeated as (
    select day, trace_id, recipient
    from incoming
    group by day, trace_id, recipient
    having count(*) > 1
),

-- What came twice in one batch says the same as in two: the last known value of each field holds.
latest as (
    select *
    from incoming
    where (day, trace_id, recipient) not in (select (r.day, r.trace_id, r.recipient) from repeated as r)
    union all by name
    select
        any_value(tenant) as tenant,
        day,
        trace_id,
        recipient,
        arg_max(sender, row) as sender,
        arg_max(received_at, row) as received_at,
        coalesce(
            arg_max(status, row) filter (
                where status is not null and lower(status) not in (select u.status from unsettled as u)
            ),
            arg_max(status, row) filter (where status is not null)
        ) as status,
        arg_max(message_id, row) filter (where message_id is not null) as message_id,
        arg_max(subject, row) filter (where subject is not null) as subject,
        arg_max(size_bytes, row) filter (where size_bytes is not null) as size_bytes,
        arg_max(from_ip, row) filter (where from_ip is not null) as from_ip,
        arg_max(to_ip, row) filter (where to_ip is not null) as to_ip,
        any_value(is_revision) as is_revision,
        any_value(first_seen_at) as first_seen_at,
        any_value(observed_at) as observed_at,
        any_value(batch) as batch,
        max(row) as row,
        any_value(source) as source
    from incoming
    where (day, trace_id, recipient) in (select (r.day, r.trace_id, r.recipient) from repeated as r)
    group by day, trace_id, recipient
),

stored as (
    select
        *,
        row_number() over (
            partition by day, trace_id, recipient order by observed_at desc, batch desc, row desc
        ) as recency
    from existing
    where (trace_id, recipient) in (select (l.trace_id, l.recipient) from latest as l)
),

merged as (
    select
        n.tenant,
        n.day,
        n.trace_id,
        n.recipient,
        n.sender,
        n.received_at,
        case
            when s.trace_id is null or s.status is null then n.status
            when n.status is null then s.status
            when lower(n.status) in (select status from unsettled)
                and lower(s.status) not in (select status from unsettled) then s.status
            else n.status
        end as status,
        coalesce(n.message_id, s.message_id) as message_id,
        coalesce(n.subject, s.subject) as subject,
        coalesce(n.size_bytes, s.size_bytes) as size_bytes,
        coalesce(n.from_ip, s.from_ip) as from_ip,
        coalesce(n.to_ip, s.to_ip) as to_ip,
        coalesce(s.first_seen_at, n.observed_at) as first_seen_at,
        greatest(n.observed_at, s.observed_at) as observed_at,
        n.batch,
        n.row,
        n.source,
        s.trace_id is null as is_new,
        s.trace_id is not null as is_revision,
        s.status as stored_status,
        s.message_id as stored_message_id,
        s.subject as stored_subject,
        s.size_bytes as stored_size_bytes,
        s.from_ip as stored_from_ip,
        s.to_ip as stored_to_ip
    from latest as n
    left join stored as s
        on s.day = n.day and s.trace_id = n.trace_id and s.recipient = n.recipient
        and s.recency = 1
)

select
    tenant, day, trace_id, recipient, sender, received_at, status, message_id, subject, size_bytes,
    from_ip, to_ip, is_revision, first_seen_at, observed_at, batch, row, source, is_new
from merged
where
    is_new
    or lower(status) is distinct from lower(stored_status)
    or message_id is distinct from stored_message_id
    or subject is distinct from stored_subject
    or size_bytes is distinct from stored_size_bytes
    or from_ip is distinct from stored_from_ip
    or to_ip is distinct from stored_to_ip
order by day, recipient, trace_id
