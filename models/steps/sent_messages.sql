-- Grain: one row per message (tenant, account, trace_id) and UTC day with at least one row of it.
-- Units: recipients are rows without `expanded`; slots as in steps.traces. from_ip is the address of
-- all rows, null where none names one; has_one_source is false where rows differ in it.
select
    tenant,
    day,
    account,
    trace_id,
    min(slot) as first_slot,
    max(slot) as last_slot,
    min(from_ip) as from_ip,
    count(from_ip) = 0
    or (count(from_ip) = count(*) and min(from_ip) = max(from_ip)) as has_one_source,
    max(received_at) as last_at,
    count(*) filter (where status_group is distinct from 'expanded') as recipients
from steps.traces
group by tenant, day, account, trace_id
