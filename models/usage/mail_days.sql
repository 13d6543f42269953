-- Grain: one row per tenant and UTC day with mail of any account.
select distinct tenant, day
from marts.hve_usage_daily
where $tenant is null or tenant = $tenant
order by tenant, day
