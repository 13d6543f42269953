-- Grain: one row per tenant, account, UTC day and quarter-hour of it (slot) with at least one row.
-- Units: rows as in steps.outcomes; young_source without `expanded`. most_repeated is how often the
-- same recipient had mail.
-- Young sources are of a network (/24, /48) that the account first used less than seven days before;
-- external ones failed and lie outside the accounts' own domains.
with networks as (
    select
        tenant,
        account,
        from_ip,
        min(first_at) over (
            partition by
                tenant,
                account,
                regexp_extract(from_ip, '^([0-9]+[.][0-9]+[.][0-9]+[.]|[^:]*:[^:]*:[^:]*:)')
        ) + interval 7 days as young_until
    from kept.first_sources
),

oldest as (
    select min(day) as day
    from steps.outcomes
),

-- Of most networks no day that is built is young: their rows are not looked at.
young_networks as (
    select n.tenant, n.account, n.from_ip, n.young_until
    from networks as n
    inner join oldest as o on cast(n.young_until as date) >= o.day
),

young as (
    select t.tenant, t.day, t.account, t.slot, count(*) as young_source
    from steps.traces as t
    inner join young_networks as n
        on n.tenant = t.tenant
        and n.account = t.account
        and n.from_ip = t.from_ip
        and t.received_at < n.young_until
    where t.status_group is distinct from 'expanded'
    group by t.tenant, t.day, t.account, t.slot
),

domains as (
    select distinct tenant, split_part(address, '@', 2) as domain
    from staging.stg_account_addresses
    union
    select distinct tenant, split_part(account, '@', 2) as domain
    from steps.outcomes
),

failed as (
    select tenant, day, account, slot, split_part(recipient, '@', 2) as domain
    from steps.traces
    where
        status_group = 'failed'
        and recipient not like 'aggregate:%'
        and recipient not like 'erased:%'
),

outside as (
    select f.tenant, f.day, f.account, f.slot, count(*) as external
    from failed as f
    anti join domains as d on d.tenant = f.tenant and d.domain = f.domain
    group by f.tenant, f.day, f.account, f.slot
),

people as (
    select tenant, day, account, slot, recipient, count(*) as times
    from steps.traces
    where status_group is distinct from 'expanded'
    group by tenant, day, account, slot, recipient
),

reached as (
    select tenant, day, account, slot, max(times) as most_repeated
    from people
    group by tenant, day, account, slot
)

select
    c.*,
    coalesce(y.young_source, 0) as young_source,
    coalesce(o.external, 0) as external,
    p.most_repeated
from steps.outcomes as c
left join reached as p
    on p.tenant = c.tenant and p.day = c.day and p.account = c.account and p.slot = c.slot
left join young as y
    on y.tenant = c.tenant and y.day = c.day and y.account = c.account and y.slot = c.slot
left join outside as o
    on o.tenant = c.tenant and o.day = c.day and o.account = c.account and o.slot = c.slot
