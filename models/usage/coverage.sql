-- Grain: one row per address of a current account and window that was read completely; an address
-- never read has one row with nulls. Rows that are `is_postponed` are windows that the last run left
-- for the next one. `planned_from`: since when it is meant to be read. Times are UTC.
select
    a.tenant,
    a.account,
    a.address,
    c.source = $postponed as is_postponed,
    cast(c.from_utc as timestamptz) as from_utc,
    cast(c.to_utc as timestamptz) as to_utc,
    cast(b.from_utc as timestamptz) as planned_from
from staging.stg_account_addresses as a
left join state.coverage as c
    on c.tenant = a.tenant and c.address = a.address and c.source in ($source, $postponed)
left join state.backfills as b
    on b.tenant = a.tenant and b.address = a.address and b.source = $source
where
    ($tenant is null or a.tenant = $tenant)
    and ($tenants is null or list_contains($tenants, a.tenant))
order by a.tenant, a.account, a.address, c.from_utc
