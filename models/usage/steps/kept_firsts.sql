-- Grain: one row per candidate that is new, or earlier than the kept first. Unit: UTC instant.
-- {table} is first_contacts or first_sources, {value} its third key column.
select
    n.tenant,
    n.account,
    n.{value},
    n.first_at,
    k.first_at as displaced_at
from marts.{table} as n
left join stored.{table} as k
    on k.tenant = n.tenant and k.account = n.account and k.{value} = n.{value}
where k.first_at is null or n.first_at < k.first_at
