-- Grain: one row per tenant whose rows came from files alone: what was not exported is unknown.
select distinct d.tenant
from marts.hve_usage_daily as d
anti join state.coverage as c on c.tenant = d.tenant and c.source = $source
anti join state.backfills as b on b.tenant = d.tenant and b.source = $source
where $tenant is null or d.tenant = $tenant
