-- Grain: one row per tenant with rows: the end of the newest hour that has one, UTC.
select
    tenant,
    max(hour_utc) + interval 1 hour as newest
from marts.hve_usage_hourly
where $tenant is null or tenant = $tenant
group by tenant
