-- Grain: one row per UTC hour from $first on, until $now, over the accounts of one tenant; a null
-- list of accounts is all of them. Units: recipients by status; an unknown count adds nothing.
select
    hour_utc,
    coalesce(sum(delivered), 0)::bigint as delivered,
    coalesce(sum(quarantined), 0)::bigint as quarantined,
    coalesce(sum(filtered_as_spam), 0)::bigint as filtered_as_spam,
    coalesce(sum(failed), 0)::bigint as failed,
    coalesce(sum(unknown_recipients), 0)::bigint as unknown
from marts.hve_usage_hourly
where
    tenant = $tenant
    and day >= $first
    and hour_utc <= $now
    and ($accounts is null or list_contains($accounts, account))
group by hour_utc
