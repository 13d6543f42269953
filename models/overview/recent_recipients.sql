-- Grain: one row per tenant of $tenants with rows in the whole UTC hours of [$week, $until).
-- Units: recipients, in the hours since $day and in all of them.
select
    tenant,
    coalesce(sum(recipients) filter (where hour_utc >= $day), 0)::bigint as of_day,
    coalesce(sum(recipients), 0)::bigint as of_week
from marts.hve_usage_hourly
where
    list_contains($tenants, tenant)
    and hour_utc >= $week
    and hour_utc < $until
    and day between cast($week as date) and cast($until as date)
group by tenant
