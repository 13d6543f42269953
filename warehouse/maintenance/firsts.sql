-- Grain: one row per (tenant, account, {value}): the earliest of its firsts. Unit: UTC instant.
select tenant, account, {value}, min(first_at) as first_at
from existing
group by tenant, account, {value}
order by account, {value}
