-- Grain: one row per (tenant, trace_id, recipient) of the days being built, with what marts count.
-- slot is the quarter-hour of the UTC day, 0 to 95. message, contact and source are numbers of 64
-- bits that stand for trace_id, recipient and from_ip, null where that is: of a million messages of
-- an account and day two share one in one of 37 million such days. trace_id is there where mail did
-- not arrive. is_recipient is false of lists that were expanded. Times are UTC, size_bytes in bytes.
select
    p.place,
    cast(epoch_us(t.received_at) // 900000000 % 96 as integer) as slot,
    hash(t.trace_id) as message,
    hash(t.recipient) as contact,
    t.recipient,
    t.status_group,
    case
        when t.status_group in ('failed', 'quarantined', 'filtered_as_spam', 'pending', 'other')
            then t.trace_id
    end as trace_id,
    t.status_group is distinct from 'expanded' as is_recipient,
    t.from_ip,
    case when t.from_ip is not null then hash(t.from_ip) end as source,
    t.subject,
    t.size_bytes,
    t.received_at
from staging.stg_message_traces as t
inner join steps.places as p
    on p.tenant = t.tenant and p.day = t.day and p.account = t.account
