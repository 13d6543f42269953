-- Grain: one row per sender of a message that was received since a moment.
select distinct sender
from existing
where received_at >= $since
