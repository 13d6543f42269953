-- Grain: one row per tenant, account and UTC day with at least one row of the days being built.
-- place numbers them, owner numbers the accounts: rows are grouped by numbers, which takes a third
-- of the time that it takes by names. Read from the raw rows, as staging names their accounts.
with senders as (
    select distinct tenant, day, sender
    from raw.message_traces
),

days as (
    select distinct s.tenant, s.day, coalesce(a.account, s.sender) as account
    from senders as s
    left join staging.stg_account_addresses as a
        on a.tenant = s.tenant and a.address = s.sender
)

select
    tenant,
    day,
    account,
    cast(row_number() over () as integer) as place,
    cast(dense_rank() over (order by tenant, account) as integer) as owner
from days
