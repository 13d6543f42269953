-- Grain: one row per key that is stored or new: the earliest of its firsts. Unit: UTC instant.
-- {table} is first_contacts, first_sources or first_subjects, {value} its third key column.
select f.tenant, f.account, f.{value}, min(f.first_at) as first_at
from (
    select tenant, account, {value}, first_at from stored.{table}
    union all
    select tenant, account, {value}, first_at from marts.{table}
) as f
group by f.tenant, f.account, f.{value}
