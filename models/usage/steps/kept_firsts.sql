-- Grain: one row per candidate that is new, or of which no stored first is before the days being
-- built: the earliest of its firsts, and the stored one. Units: UTC instants; stored_at is null of
-- what is new. {table} is first_contacts or first_subjects, {value} its third key column.
-- The stored rows are those of the tenant being built, so the keys are compared without it.
with oldest as (
    select date_trunc('day', min(first_at)) as day
    from marts.{table}
),

fresh as (
    select n.tenant, n.account, n.{value}, n.first_at
    from marts.{table} as n
    anti join (
        select account, {value}
        from stored.{table}
        where first_at < (select day from oldest)
    ) as s
        on s.account = n.account and s.{value} = n.{value}
),

later as (
    select s.account, s.{value}, min(s.first_at) as first_at
    from stored.{table} as s
    semi join fresh as f on f.account = s.account and f.{value} = s.{value}
    where s.first_at >= (select day from oldest)
    group by s.account, s.{value}
)

select
    f.tenant,
    f.account,
    f.{value},
    least(f.first_at, k.first_at) as first_at,
    k.first_at as stored_at
from fresh as f
left join later as k on k.account = f.account and k.{value} = f.{value}
