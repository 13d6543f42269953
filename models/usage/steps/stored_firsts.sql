-- Grain: one row per candidate that the mart holds already: its kept first. Unit: UTC instant.
-- {table} is first_contacts or first_subjects, {value} its third key column. The rows are those of the tenant being built, so the keys are compared without it.
select s.tenant, s.account, s.{value}, min(s.first_at) as first_at
from stored.{table}_rows as s
semi join marts.{table} as n
    on n.account = s.account and n.{value} = s.{value}
group by s.tenant, s.account, s.{value}
