-- Grain: one row per source that is stored or new: the earliest of its firsts, and the stored one.
-- Units: UTC instants; stored_at is null of what is new. {table} is first_sources, {value} its third
-- key column. All that are stored are needed, not only those of the days being built: an address is
-- new only where no other of its network came before.
with firsts as (
    select tenant, account, {value}, first_at, null as stored_at from marts.{table}
    union all
    select tenant, account, {value}, first_at, first_at as stored_at from stored.{table}
)

select tenant, account, {value}, min(first_at) as first_at, min(stored_at) as stored_at
from firsts
group by tenant, account, {value}
