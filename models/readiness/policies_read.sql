-- Grain: one row per tenant: when any policy was last read completely. Times are UTC.
select tenant, max(cast(to_utc as timestamptz)) as read_at
from state.coverage
where source = 'policies' and address <> '*' and ($tenant is null or tenant = $tenant)
group by tenant
