-- Grain: one row per time that an incident was given to somebody until $now, newest first. Times are
-- UTC; assigned_to is null where nobody has it any more.
select nullif(assignee, '') as assigned_to, author, "at"
from live.assignments
where incident = $id and "at" <= $now
order by number desc
