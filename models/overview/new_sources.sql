-- Grain: one row per address that an account used for the first time in ($since, $now].
-- An account's very first address is no change: it has nothing to differ from.
with firsts as (
    select tenant, account, from_ip, min(first_at) as first_at
    from marts.first_sources
    where $tenant is null or tenant = $tenant
    group by tenant, account, from_ip
),

beside as (
    select *, min(first_at) over (partition by tenant, account) as account_first_at
    from firsts
)

select tenant, account, from_ip, first_at
from beside
where first_at > account_first_at and first_at > $since and first_at <= $now
order by first_at desc, account, from_ip, tenant
