-- Grain: one row per change of a finding up to $now, oldest first; status is null where it ended.
select
    tenant, check_name, account, subject, status, severity, state, evidence, observed_at
from marts.hve_findings
where
    observed_at <= $now
    and ($tenant is null or tenant = $tenant)
    and ($check_name is null or check_name = $check_name)
    and ($account is null or account = $account)
order by tenant, check_name, account, subject, observed_at, batch
