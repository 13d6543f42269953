-- Grain: one row per account whose first mail ever was in ($since, $now].
select tenant, account, min(hour_utc) as first_at
from marts.hve_usage_hourly
where $tenant is null or tenant = $tenant
group by tenant, account
having min(hour_utc) > $since and min(hour_utc) <= $now
order by first_at desc, account, tenant
