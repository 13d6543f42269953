-- Grain: one row per (tenant, account, {value}) ever used: the earliest of its firsts. Unit: UTC
-- instant. All of them are needed, not only those of the days being built: an address is new only
-- where no other of its network came before.
select s.tenant, s.account, s.{value}, min(s.first_at) as first_at
from stored.{table}_rows as s
group by s.tenant, s.account, s.{value}
