-- Grain: one row per address of a current account and window that was read completely; an address
-- never read has one row with nulls. Times are UTC.
select
    a.tenant,
    a.account,
    a.address,
    cast(c.from_utc as timestamptz) as from_utc,
    cast(c.to_utc as timestamptz) as to_utc
from staging.stg_account_addresses as a
left join state.coverage as c
    on c.tenant = a.tenant and c.address = a.address and c.source = $source
where $tenant is null or a.tenant = $tenant
order by a.tenant, a.account, a.address, c.from_utc
