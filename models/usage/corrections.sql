-- Grain: one row per correction of a tenant, account and UTC day in [$first, $last], noted until
-- $now. A note that does not follow from the one before is a repetition and left out.
with noted as (
    select
        *,
        lag(billable_after) over (
            partition by tenant, account, day order by corrected_at, batch
        ) as previous_after
    from marts.hve_usage_corrections
    where
        day between $first and $last
        and corrected_at <= $now
        and ($tenant is null or tenant = $tenant)
)

select * exclude (previous_after)
from noted
where previous_after is null or previous_after = billable_before
order by corrected_at desc, tenant, account, day, batch
