-- Grain: one row per file of raw.message_traces with days in [$since, $until], and its day.
select path, (tenant, day) as day, is_revised
from state.trace_files
where
    ($tenant is null or tenant = $tenant)
    and ($since is null or day >= cast($since as date))
    and ($until is null or day <= cast($until as date))
order by tenant, day, path
