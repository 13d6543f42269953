-- Grain: one row per tenant of $tenants with rows: the end of the newest hour that has one, UTC.
select
    tenant,
    max(hour_utc) + interval 1 hour as newest
from marts.hve_usage_hourly
where list_contains($tenants, tenant)
group by tenant
