-- Grain: one row per tenant whose rows came from files alone: what was not exported is unknown.
select distinct d.tenant
from marts.hve_usage_daily as d
anti join raw.hve_accounts as a on a.tenant = d.tenant
where $tenant is null or d.tenant = $tenant
