-- Grain: one row per source address of the rows in [$since, $until].
select distinct from_ip
from raw.message_traces
where
    from_ip is not null
    and ($tenant is null or tenant = $tenant)
    and ($since is null or day >= cast($since as date))
    and ($until is null or day <= cast($until as date))
