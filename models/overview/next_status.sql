-- Grain: one row per tenant with an incident that time alone gives another status after $now: when
-- the first of them gets it, by models/incidents/incidents.sql.
with moments as (
    select tenant, ended_at + interval 72 hours as changes_at
    from marts.hve_incidents
    where ended_at is not null
    union all
    select i.tenant, v.expires_at
    from live.verdicts as v
    inner join marts.hve_incidents as i on i.id = v.incident
)

select tenant, min(changes_at) as changes_at
from moments
where changes_at > $now and ($tenant is null or tenant = $tenant)
group by tenant
