-- Grain: one row per account that ever sent something up to $today.
select account, max(day) as last_sent
from marts.hve_usage_daily
where recipients > 0 and day <= $today
group by account
