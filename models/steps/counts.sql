-- Grain: one row per place (tenant, account and UTC day), quarter-hour of it (slot) and status with
-- any row. Units: rows; size_bytes in bytes. Blank and 255.255.255.255 are unknown sources.
select
    place,
    slot,
    status_group,
    count(*) as trace_rows,
    count(subject) as with_subject,
    count(*) filter (where recipient not like 'aggregate:%') as with_recipient,
    count(*) filter (where from_ip not in ('', '255.255.255.255')) as with_source,
    sum(size_bytes) as size_bytes
from steps.traces
group by place, slot, status_group
