-- Grain: one row per (trace_id, recipient) that a source wrote for some senders in a window; at most
-- $most.
select distinct trace_id, recipient
from existing
where
    recipient not like 'erased:%'
    and source = $source
    and received_at >= $start
    and received_at <= $end
    and sender in (select unnest($senders))
limit $most
