-- Grain: one row per tenant and source: up to when all of it was read. Times are UTC.
-- A source is as old as the address that was read the longest time ago.
with newest as (
    select tenant, source, address, max(cast(to_utc as timestamptz)) as read_until
    from state.coverage
    where $tenant is null or tenant = $tenant
    group by tenant, source, address
)

select tenant, source, min(read_until) as read_until, count(*) as addresses
from newest
group by tenant, source
order by tenant, source
