-- Grain: one row per event of the asked traces; one without event where none is known. UTC.
select tenant, trace_id, recipient, event_at, event, action, description
from raw.trace_events
where trace_id in (select unnest($trace_ids)) and observed_at <= $now
order by tenant, trace_id, recipient, event_at, event, action, description
