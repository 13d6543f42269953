-- Grain: one row per (tenant, account, from_ip) of the days being built: its first use in them.
-- Blank and 255.255.255.255 are unknown addresses, never new ones. Unit: UTC instant.
with firsts as (
    select p.owner, t.from_ip, min(t.received_at) as first_at
    from steps.traces as t
    inner join steps.places as p on p.place = t.place
    where t.from_ip is not null and t.from_ip not in ('', '255.255.255.255')
    group by p.owner, t.from_ip
)

select o.tenant, o.account, f.from_ip, f.first_at
from firsts as f
inner join steps.owners as o on o.owner = f.owner
