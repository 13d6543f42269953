-- Grain: one row per tenant, UTC day, trace_id and recipient whose mail did not arrive, or not yet.
-- Rows without a status are unknown and stay out, lists that were expanded have arrived.
select
    p.tenant,
    p.day,
    p.account,
    t.trace_id,
    t.recipient,
    t.status_group,
    t.received_at
from steps.traces as t
inner join steps.places as p on p.place = t.place
where t.trace_id is not null
