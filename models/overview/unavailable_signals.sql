-- Grain: one row per signal and reason for which it could not speak of incidents of ($since, $now].
with told as (
    select tenant, account, detected_at, unnest(signals) as signal
    from marts.hve_incidents
    where
        detected_at > $since
        and detected_at <= $now
        and ($tenant is null or tenant = $tenant)
)

select
    signal.name as signal,
    signal.reason as reason,
    count(*) as incidents,
    count(distinct account) as accounts,
    max(detected_at) as last_at
from told
where signal.state = 'unavailable'
group by all
order by incidents desc, signal, reason
