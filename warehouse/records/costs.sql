-- Grain: one row per (scope, day, group_key, currency): its newest observation.
with ranked as (
    select
        *,
        row_number() over (
            partition by scope, day, group_key, currency order by observed_at desc, batch desc
        ) as recency
    from existing
)

select
    scope, day, service_name, meter_category, meter_subcategory, meter, resource_group, group_key,
    currency, cost, is_hve, quantity
from ranked
where recency = 1
