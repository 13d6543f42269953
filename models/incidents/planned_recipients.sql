-- Grain: one row: what some accounts sent in the UTC hours that touch [$since, $until), and what
-- was expected of them there without any announced send. Units: recipients; usual is null where no
-- hour has a baseline.
with sent as (
    select coalesce(sum(recipients), 0)::bigint as recipients
    from marts.hve_usage_hourly
    where
        tenant = $tenant
        and ($accounts is null or list_contains($accounts, account))
        and hour_utc >= date_trunc('hour', $since)
        and hour_utc < $until
),

expected as (
    select sum(expected) as usual
    from marts.hve_baseline_hourly
    where
        tenant = $tenant
        and ($accounts is null or list_contains($accounts, account))
        and hour_utc >= date_trunc('hour', $since)
        and hour_utc < $until
)

select s.recipients, e.usual
from sent as s
cross join expected as e
