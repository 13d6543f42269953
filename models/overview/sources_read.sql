-- Grain: one row per tenant and source: up to when all of it was read. Times are UTC.
-- A source is as old as the address that was read the longest time ago; addresses that no account
-- has any more do not count, nor the mark of when policies were tried ('*'), nor what a run left for
-- the next one.
with newest as (
    select
        c.tenant,
        c.source,
        c.address,
        max(cast(c.to_utc as timestamptz)) as read_until
    from state.coverage as c
    left join staging.stg_account_addresses as a
        on a.tenant = c.tenant and a.address = c.address
    where
        ($tenant is null or c.tenant = $tenant)
        and (c.source <> 'message_traces' or a.address is not null)
        and c.source not like '%:postponed'
        and (c.source <> 'policies' or c.address <> '*')
    group by all
)

select tenant, source, min(read_until) as read_until, count(*) as addresses
from newest
group by tenant, source
order by tenant, source
