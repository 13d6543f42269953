-- Grain: one row per (tenant, trace_id, recipient), newest first. Times are UTC.
-- At `-- conditions` stand those of models.delivery.conditions that were asked for: one that is not there leaves
-- the engine free to skip files and row groups, which one on a null parameter would not.
select
    tenant,
    trace_id as id,
    message_id,
    account,
    sender,
    recipient,
    received_at,
    subject,
    status,
    status_group,
    size_bytes,
    from_ip,
    to_ip,
    source
from staging.stg_message_traces
where received_at <= $now
-- conditions
order by received_at desc, trace_id, recipient, tenant
