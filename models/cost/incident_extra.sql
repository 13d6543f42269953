-- Grain: one row per tenant, account and UTC day on which incidents began that sent more than expected.
-- What a person called planned or a false alarm is usual sending.
with harmless as (
    select incident
    from live.verdicts
    where "at" <= $now
    group by incident
    having arg_max(status, number) in ('planned', 'false_positive')
)

select
    tenant,
    account,
    cast(date_trunc('day', started_at) as date) as day,
    sum(extra_recipients)::bigint as recipients
from marts.hve_incidents
where
    extra_recipients > 0
    and detected_at <= $now
    and ($tenant is null or tenant = $tenant)
    and id not in (select incident from harmless)
group by tenant, account, day
