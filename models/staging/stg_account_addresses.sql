-- Grain: one row per tenant and address that an HVE account may send from.
-- Source: raw.hve_accounts, the newest snapshot of each tenant.
with newest as (
    select tenant, max(batch) as batch
    from raw.hve_accounts
    group by tenant
),

listed as (
    select a.tenant, a.account, unnest(a.addresses) as address
    from raw.hve_accounts as a
    inner join newest as n on n.tenant = a.tenant and n.batch = a.batch
)

select tenant, address, min(account) as account
from listed
group by tenant, address
