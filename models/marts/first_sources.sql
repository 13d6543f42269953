-- Grain: one row per (tenant, account, from_ip) of the days being built: its first use in them.
-- Blank and 255.255.255.255 are unknown addresses, never new ones. Unit: UTC instant.
select
    tenant,
    account,
    from_ip,
    min(received_at) as first_at
from steps.traces
where from_ip is not null and from_ip not in ('', '255.255.255.255')
group by tenant, account, from_ip
