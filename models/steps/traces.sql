-- Grain: one row per (tenant, trace_id, recipient) of the days being built, with what marts count.
-- slot is the quarter-hour of the UTC day, 0 to 95. Times are UTC, size_bytes in bytes.
select
    tenant,
    day,
    account,
    cast(
        4 * extract(hour from received_at)
        + case
            when extract(minute from received_at) < 15 then 0
            when extract(minute from received_at) < 30 then 1
            when extract(minute from received_at) < 45 then 2
            else 3
        end as integer
    ) as slot,
    trace_id,
    recipient,
    status_group,
    from_ip,
    subject,
    size_bytes,
    received_at
from staging.stg_message_traces
