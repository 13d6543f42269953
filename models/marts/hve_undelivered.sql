-- Grain: one row per tenant, UTC day, trace_id and recipient whose mail did not arrive, or not yet.
-- Rows without a status are unknown and stay out, lists that were expanded have arrived.
select
    tenant,
    day,
    account,
    trace_id,
    recipient,
    status_group,
    received_at
from steps.traces
where status_group in ('failed', 'quarantined', 'filtered_as_spam', 'pending', 'other')
