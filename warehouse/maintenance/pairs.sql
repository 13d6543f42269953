-- Grain: one row per tenant and UTC day whose facts and daily mart count different numbers of rows.
-- A row is one (trace_id, recipient), whatever how many observations of it are stored.
with facts as (
    select tenant, day, count(distinct (trace_id, recipient)) as pairs
    from traces
    group by tenant, day
),

marts as (
    select tenant, day, sum(recipients + coalesce(expanded, 0)) as pairs
    from usage
    group by tenant, day
)

select
    coalesce(f.tenant, m.tenant) as tenant,
    coalesce(f.day, m.day) as day,
    coalesce(f.pairs, 0) as facts,
    coalesce(m.pairs, 0) as marts
from facts as f
full join marts as m on m.tenant = f.tenant and m.day = f.day
where coalesce(f.pairs, 0) <> coalesce(m.pairs, 0)
order by tenant, day
