-- Grain: one row per stored event of the requested traces.
select trace_id, recipient, event_at, event, action, description, data
from existing
where trace_id in (select unnest($trace_ids))
