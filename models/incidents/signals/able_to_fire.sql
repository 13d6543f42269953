-- Grain: one row per account whose mail of the judged days could make a signal fire, by what every
-- rule (rules.py) asks for at least. An account that is not here has none.
-- Units: recent holds account, day, hour_utc and counts of the judged days and of seven before;
-- earlier holds the same hours one to four weeks before; daily the recipients by account and day.
with judged as (
    select
        account,
        sum(case when day >= $first then coalesce(new_recipients, 0) else 0 end) as new_today,
        sum(coalesce(new_recipients, 0)) as new_recipients,
        max(case when day >= $first then coalesce(widest, 0) else 0 end) as widest,
        sum(case when day >= $near then coalesce(wide_recipients, 0) else 0 end) as wide,
        sum(
            case
                when day >= $near
                    then coalesce(failed, 0) + coalesce(filtered, 0) + coalesce(external, 0)
                else 0
            end
        ) as troubled,
        sum(case when day >= $near then coalesce(most_repeated, 0) else 0 end) as repeated,
        sum(
            case
                when day >= $first
                    then coalesce(young_source_recipients, 0) + coalesce(new_subjects, 0)
                else 0
            end
        ) as fresh,
        max(case when day >= $first then 1 else 0 end) as is_judged
    from recent
    group by account
),

usual as (
    select
        account,
        max(day) as last_day,
        sum(case when day >= $month then recipients else 0 end) / 672.0 as mean
    from daily
    where day < $first
    group by account
),

quiet as (
    select
        h.account,
        sum(h.recipients) as recipients
    from (
        select account, hour_utc, sum(recipients) as recipients
        from recent
        where day >= $near
        group by account, hour_utc
    ) as h
    left join (
        select e.account, e.like_hour, sum(e.recipients) as recipients
        from earlier as e
        group by e.account, e.like_hour
    ) as w on w.account = h.account and w.like_hour = h.hour_utc
    left join usual as u on u.account = h.account
    where coalesce(w.recipients, 0) / 12.0 <= 0.2501 * coalesce(u.mean, 0)
    group by h.account
)

select j.account
from judged as j
left join usual as u on u.account = j.account
left join quiet as q on q.account = j.account
where
    j.is_judged = 1
    and (
        (j.new_today > 0 and j.new_recipients >= 5)
        or j.widest >= 4
        or j.wide >= 15
        or j.troubled >= 2
        or j.repeated >= 10
        or j.fresh > 0
        or q.recipients >= 12
        or u.last_day <= $long_ago
    )
