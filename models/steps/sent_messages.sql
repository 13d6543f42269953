-- Grain: one row per message (tenant, account, trace_id) and UTC day with at least one row of it.
-- Units: recipients are rows without `expanded`; slots as in steps.traces. A message was sent from
-- one address: rows that lack it are of the same.
select
    tenant,
    day,
    account,
    trace_id,
    min(slot) as first_slot,
    max(slot) as last_slot,
    min(from_ip) as from_ip,
    max(received_at) as last_at,
    count(*) filter (where status_group is distinct from 'expanded') as recipients
from steps.traces
group by tenant, day, account, trace_id
