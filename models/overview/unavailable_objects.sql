-- Grain: one row per tenant, kind of setting and reason for which its last reading was refused.
with readings as (
    select tenant, kind, object_id, unavailable_reason, observed_at, batch
    from raw.policies
    union all
    select tenant, 'billing' as kind, account as object_id, unavailable_reason, observed_at, batch
    from raw.billing_policies
),

ranked as (
    select
        *,
        row_number() over (
            partition by tenant, kind, object_id
            order by observed_at desc, batch desc
        ) as recency
    from readings
    where observed_at <= $now and ($tenant is null or tenant = $tenant)
)

select tenant, kind, unavailable_reason as reason, count(*) as objects, min(observed_at) as since
from ranked
where recency = 1 and unavailable_reason is not null
group by tenant, kind, unavailable_reason
order by tenant, kind, reason
