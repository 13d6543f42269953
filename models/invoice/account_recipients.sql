-- Grain: one row per account with delivered recipients from $since on and before $until.
select account, sum(delivered)::bigint as recipients
from marts.hve_usage_hourly
where
    tenant = $tenant
    and day >= cast($since as date)
    and hour_utc >= $since
    and hour_utc < $until
    and ($accounts is null or list_contains($accounts, account))
group by account
having sum(delivered) > 0
order by account
