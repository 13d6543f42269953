-- Grain: one row per verdict on an incident that was given until $now, newest first. Times are UTC.
select status, reason, author, "at", expires_at
from live.verdicts
where incident = $id and "at" <= $now
order by number desc
