-- Grain: one row per tenant and account with rows in the whole UTC hours of [$since, $until).
-- Units: counts; null is unknown.
select
    tenant,
    account,
    sum(messages) as messages,
    sum(recipients) as recipients,
    sum(delivered) as delivered,
    sum(failed) as failed,
    sum(quarantined) as quarantined,
    sum(filtered_as_spam) as filtered_as_spam,
    sum(pending) as pending,
    sum(expanded) as expanded,
    sum(other) as other,
    sum(coalesce(unknown_recipients, other)) as unknown_recipients
from marts.hve_usage_hourly
where
    hour_utc >= $since
    and hour_utc < $until
    and day between cast($since as date) and cast($until as date)
    and ($tenant is null or tenant = $tenant)
group by tenant, account
order by tenant, account
