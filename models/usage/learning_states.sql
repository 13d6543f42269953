-- Grain: one row per tenant and account with a baseline, at its last hour until $now.
-- learning_day is n of 14 while the account is learning, else 0.
select tenant, account, learning_day
from marts.hve_baseline_hourly
where hour_utc <= $now and ($tenant is null or tenant = $tenant)
qualify row_number() over (partition by tenant, account order by hour_utc desc) = 1
