-- Grain: one row per step of the incident's runbook that is done at $now, the newest first. Times are
-- UTC.
select step, arg_max(author, number) as author, arg_max("at", number) as "at"
from live.runbook_steps
where incident = $id and "at" <= $now
group by step
having arg_max(is_done, number)
order by max(number) desc
