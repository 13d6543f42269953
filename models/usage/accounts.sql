-- Grain: one row per tenant and account that is listed or ever sent something.
select tenant, account from staging.stg_account_addresses
where $tenant is null or tenant = $tenant
union
select tenant, account from marts.hve_usage_daily
where $tenant is null or tenant = $tenant
order by tenant, account
