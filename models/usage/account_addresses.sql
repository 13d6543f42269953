-- Grain: one row per address that one account sends from.
select address
from staging.stg_account_addresses
where tenant = $tenant and account = $account
union all
select $account
where $account not in (
    select address from staging.stg_account_addresses where tenant = $tenant
)
