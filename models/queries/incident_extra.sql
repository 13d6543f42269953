-- Grain: one row per account and UTC day on which incidents began that sent more than expected.
select
    account,
    cast(date_trunc('day', started_at) as date) as day,
    sum(extra_recipients)::bigint as recipients
from marts.hve_incidents
where
    extra_recipients > 0
    and detected_at <= $now
    and ($tenant is null or tenant = $tenant)
group by account, day
