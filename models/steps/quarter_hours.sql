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

-- Of most networks no day that is built is young: their rows are not looked at.
young_networks as (
    select p.place, n.from_ip, n.young_until
    from networks as n
    inner join steps.places as p
        on p.tenant = n.tenant
        and p.account = n.account
        and p.day <= cast(n.young_until as date)
),

young as (
    select t.place, t.slot, count(*) as young_source
    from steps.traces as t
    inner join young_networks as n
        on n.place = t.place
        and n.from_ip = t.from_ip
        and t.received_at < n.young_until
    where t.is_recipient
    group by t.place, t.slot
),

domains as (
    select distinct tenant, split_part(address, '@', 2) as domain
    from staging.stg_account_addresses
    union
    select distinct tenant, split_part(account, '@', 2) as domain
    from steps.places
),

failed as (
    select p.tenant, t.place, t.slot, split_part(t.recipient, '@', 2) as domain
    from steps.traces as t
    inner join steps.places as p on p.place = t.place
    where
        t.status_group = 'failed'
        and t.recipient not like 'aggregate:%'
        and t.recipient not like 'erased:%'
),

outside as (
    select f.place, f.slot, count(*) as external
    from failed as f
    anti join domains as d on d.tenant = f.tenant and d.domain = f.domain
    group by f.place, f.slot
),

people as (
    select place, slot, contact, count(*) as times
    from steps.traces
    where is_recipient
    group by place, slot, contact
),

reached as (
    select place, slot, max(times) as most_repeated
    from people
    group by place, slot
)

select
    c.*,
    coalesce(y.young_source, 0) as young_source,
    coalesce(o.external, 0) as external,
    p.most_repeated
from steps.outcomes as c
left join reached as p on p.place = c.place and p.slot = c.slot
left join young as y on y.place = c.place and y.slot = c.slot
left join outside as o on o.place = c.place and o.slot = c.slot
