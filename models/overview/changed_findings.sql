-- Grain: one row per finding whose status became another one in ($since, $now]; a first one is none.
with told as (
    select
        tenant,
        check_name,
        account,
        subject,
        status,
        observed_at,
        lag(status) over (
            partition by tenant, check_name, account, subject
            order by observed_at, batch
        ) as status_before,
        row_number() over (
            partition by tenant, check_name, account, subject
            order by observed_at, batch
        ) as place
    from marts.hve_findings
    where observed_at <= $now and ($tenant is null or tenant = $tenant)
)

select tenant, check_name, account, subject, status, status_before, observed_at
from told
where place > 1 and observed_at > $since and status is distinct from status_before
order by observed_at desc, check_name, account, subject, tenant
