-- Grain: one row per tenant and address that an HVE account may send from, or could.
-- Source: raw.hve_accounts. An address keeps its last owner: an account that is not listed any more
-- has sent what it sent.
with listed as (
    select tenant, batch, account, unnest(addresses) as address
    from raw.hve_accounts
),

newest as (
    select tenant, address, max(batch) as batch
    from listed
    group by tenant, address
)

select l.tenant, l.address, min(l.account) as account
from listed as l
inner join newest as n on n.tenant = l.tenant and n.address = l.address and n.batch = l.batch
group by l.tenant, l.address
