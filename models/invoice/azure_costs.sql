-- Grain: one row per amount of Azure (tenant, scope, day, group_key, currency) as known at $now.
-- Units: money in the currency of the row; quantity in units of the meter, null where unknown.
with ranked as (
    select
        *,
        row_number() over (
            partition by tenant, scope, day, group_key, currency
            order by observed_at desc, batch desc
        ) as recency
    from raw.azure_costs
    where observed_at <= $now and ($tenant is null or tenant = $tenant)
)

select
    tenant,
    scope,
    day,
    service_name,
    meter_category,
    meter_subcategory,
    meter,
    lower(resource_group) as resource_group,
    group_key,
    currency,
    cost,
    quantity,
    is_hve
from ranked
where recency = 1 and day <= cast($now as date)
order by tenant, scope, day, group_key, currency
