-- Grain: one row per tenant, account and UTC day inside [$since_day, $until_day]. Units: counts;
-- null is unknown.
select
    tenant,
    account,
    day,
    messages,
    recipients,
    delivered,
    failed,
    quarantined,
    filtered_as_spam,
    pending,
    expanded,
    other,
    billable_recipients,
    -- An earlier release counted unknown ones as other alone.
    coalesce(unknown_recipients, other) as unknown_recipients
from marts.hve_usage_daily
where
    ($tenant is null or tenant = $tenant)
    and ($since_day is null or day >= $since_day)
    and ($until_day is null or day <= $until_day)
    and not list_contains($cut_days, day)
