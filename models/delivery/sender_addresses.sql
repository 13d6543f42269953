-- Grain: one row per address of the accounts that an address belongs to.
select distinct a.tenant, a.account, a.address
from staging.stg_account_addresses as a
inner join staging.stg_account_addresses as asked
    on asked.tenant = a.tenant and asked.account = a.account
where asked.address = $sender and ($tenant is null or a.tenant = $tenant)
order by a.tenant, a.account, a.address
