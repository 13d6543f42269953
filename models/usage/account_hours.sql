-- Grain: one row per UTC hour of one account in [$since, $until] that has a baseline or sent mail.
-- Units: recipients per hour. observed is null where nothing was sent: whether that means 0 or
-- "not read" is for the coverage to say.
select
    coalesce(b.hour_utc, u.hour_utc) as hour_utc,
    u.recipients as observed,
    b.expected,
    b.lo80,
    b.hi80,
    b.lo95,
    b.hi95,
    b.learning_day
from (select * from marts.hve_baseline_hourly where tenant = $tenant and account = $account) as b
full outer join (
    select * from marts.hve_usage_hourly where tenant = $tenant and account = $account
) as u on u.hour_utc = b.hour_utc
where coalesce(b.hour_utc, u.hour_utc) between $since and $until
order by 1
