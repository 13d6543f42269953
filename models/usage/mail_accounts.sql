-- Grain: one row per tenant and account that ever sent mail.
select distinct tenant, account
from marts.hve_usage_daily
where $tenant is null or tenant = $tenant
order by tenant, account
