-- Grain: one row per tenant that was written to and of which neither an account nor mail is known.
select t.tenant
from state.tenants as t
anti join raw.hve_accounts as a on a.tenant = t.tenant
anti join marts.hve_usage_daily as d on d.tenant = t.tenant
where $tenant is null or t.tenant = $tenant
