-- Grain: one row per tenant, check, account and subject: the finding that held at $now.
with ranked as (
    select
        *,
        row_number() over (
            partition by tenant, check_name, account, subject
            order by observed_at desc, batch desc
        ) as recency
    from marts.hve_findings
    where observed_at <= $now and ($tenant is null or tenant = $tenant)
)

select
    tenant, check_name, account, subject, status, severity, state, evidence, fix, source, due_on,
    since, observed_at
from ranked
where recency = 1 and status is not null
