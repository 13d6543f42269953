-- Grain: one row per tenant, file and reason for which lines could not be read, newest first.
select
    tenant,
    file,
    reason,
    count(*) as lines,
    min(line) as first_line,
    max(observed_at) as last_at
from raw.rejected_rows
where ($tenant is null or tenant = $tenant) and observed_at <= $now
group by tenant, file, reason
order by last_at desc, tenant, file, reason
