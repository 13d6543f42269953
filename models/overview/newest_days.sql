-- Grain: one row per mart that is built day by day: the newest day it holds, null for an empty one.
select 'usage by day' as mart, max(day) as newest
from marts.hve_usage_daily
where $tenant is null or tenant = $tenant
union all
select 'usage by hour', max(day)
from marts.hve_usage_hourly
where $tenant is null or tenant = $tenant
union all
select 'cost by day', max(day)
from marts.hve_cost_daily
where $tenant is null or tenant = $tenant
union all
select 'baselines', max(day)
from marts.hve_baseline_hourly
where $tenant is null or tenant = $tenant
