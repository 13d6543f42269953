-- Grain: one row per account with incidents that began in [$first, $last] and were raised until $now.
-- Units: recipients beyond what was expected; money in $currency.
select
    account,
    sum(extra_recipients)::bigint as recipients,
    sum(case when currency = $currency then extra_cost end) as cost
from marts.hve_incidents
where
    extra_recipients > 0
    and detected_at <= $now
    and cast(started_at as date) between $first and $last
    and ($tenant is null or tenant = $tenant)
group by account
order by account
