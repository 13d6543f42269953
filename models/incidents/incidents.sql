-- Grain: one row per incident that a run until $now would have raised. Times are UTC.
-- An incident stays open while it goes on and for 72 hours after. Then it has ended, and only one
-- that a person once judged is closed. The newest verdict stands above that until it expires.
with given as (
    select
        incident,
        arg_max(
            {
                'status': status, 'reason': reason, 'author': author,
                'at': "at", 'expires_at': expires_at
            },
            number
        ) as verdict
    from live.verdicts
    where "at" <= $now
    group by incident
),

given_to as (
    select incident, nullif(arg_max(assignee, number), '') as assigned_to
    from live.assignments
    where "at" <= $now
    group by incident
)

select
    i.* exclude (interval_low, interval_high),
    [i.interval_low, i.interval_high] as "interval",
    case
        when g.verdict.expires_at > $now then g.verdict.status
        when i.ended_at is null or i.ended_at > $now - interval 72 hours then 'open'
        when g.verdict is not null then 'closed'
        else 'ended'
    end as status,
    g.verdict,
    a.assigned_to
from marts.hve_incidents as i
left join given as g on g.incident = i.id
left join given_to as a on a.incident = i.id
where
    ($tenant is null or i.tenant = $tenant)
    and ($id is null or i.id = $id)
    and i.detected_at <= $now
    and ($until is null or i.started_at < $until)
    and ($since is null or i.ended_at is null or i.ended_at >= $since)
order by i.started_at desc, i.id
