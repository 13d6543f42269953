-- Grain: one row per incident that a run until $now would have raised. Times are UTC.
-- An incident stays open while it goes on and for 72 hours after; then it counts as closed.
select
    * exclude (interval_low, interval_high),
    interval_low,
    interval_high,
    case
        when ended_at is null or ended_at > $now - interval 72 hours then 'open'
        else 'closed'
    end as status
from marts.hve_incidents
where
    ($tenant is null or tenant = $tenant)
    and ($id is null or id = $id)
    and detected_at <= $now
    and ($until is null or started_at < $until)
    and ($since is null or ended_at is null or ended_at >= $since)
order by started_at desc, id
