-- Grain: one row per correction of a tenant, account and UTC day in [$first, $last], noted until
-- $now. A note that does not follow from the one before is a repetition and left out.
with noted as (
    select
        *,
        lag(billable_after) over (
            partition by tenant, account, day order by corrected_at, batch
        ) as previous_after,
        row_number() over (
            partition by tenant, account, day order by corrected_at, batch
        ) as place
    from marts.hve_usage_corrections
    where
        day between $first and $last
        and corrected_at <= $now
        and ($tenant is null or tenant = $tenant)
)

select * exclude (previous_after, place)
from noted
where place = 1 or previous_after is not distinct from billable_before
order by corrected_at desc, tenant, account, day, batch
