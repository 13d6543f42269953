-- Grain: one row: recipients of some accounts in the UTC hours that touch [$since, $until).
select coalesce(sum(recipients), 0)::bigint as recipients
from marts.hve_usage_hourly
where
    tenant = $tenant
    and ($accounts is null or list_contains($accounts, account))
    and hour_utc >= date_trunc('hour', $since)
    and hour_utc < $until
