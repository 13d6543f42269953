-- Grain: one row per account that has sent since it was last judged, or of which more failed.
-- Units: counts of the mail since then and of six hours before, for rows may come late; largest is
-- their largest hour, most that of the four weeks before. judged holds account, judged_until and
-- seen, counted what is seen now (counts_seen.sql).
with usual as (
    select account, max(recipients) as most
    from marts.hve_usage_hourly
    where hour_utc < $oldest
    group by account
),

recent as (
    select
        a.account,
        a.hour_utc,
        sum(a.recipients) as recipients,
        sum(a.new_recipients) as new_recipients,
        sum(a.young_source_recipients) as young_source_recipients,
        coalesce(sum(a.failed), 0)
        + coalesce(sum(a.filtered), 0)
        + coalesce(sum(a.external), 0) as troubled,
        max(a.most_repeated) as most_repeated
    from marts.hve_activity as a
    inner join judged as j on j.account = a.account
    inner join counted as c on c.account = a.account and c.seen <> j.seen
    where a.hour_utc >= j.judged_until - interval 6 hours
    group by a.account, a.hour_utc
)

select
    r.account,
    max(u.most) as most,
    max(r.recipients) as largest,
    sum(r.new_recipients) as new_recipients,
    sum(r.young_source_recipients) as young_source_recipients,
    sum(r.troubled) as troubled,
    max(r.most_repeated) as most_repeated
from recent as r
left join usual as u on u.account = r.account
group by r.account
