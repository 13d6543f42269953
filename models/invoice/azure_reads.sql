-- Grain: one row per tenant and Azure scope: first and last instant (UTC) that was read.
select
    tenant,
    address as scope,
    min(cast(from_utc as timestamptz)) as first_read,
    max(cast(to_utc as timestamptz)) as last_read
from state.coverage
where
    source = 'azure_costs'
    and ($tenant is null or tenant = $tenant)
    and cast(from_utc as timestamptz) <= $now
group by tenant, address
order by tenant, address
