-- Grain: one row per address of the accounts that an address belongs to.
-- At `-- conditions` stands what is asked of that address.
with asked as (
    select distinct tenant, account
    from staging.stg_account_addresses
    where ($tenant is null or tenant = $tenant)
-- conditions
)

select distinct a.tenant, a.account, a.address
from staging.stg_account_addresses as a
inner join asked on asked.tenant = a.tenant and asked.account = a.account
order by a.tenant, a.account, a.address
