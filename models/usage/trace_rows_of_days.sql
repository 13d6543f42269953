-- Grain: one row per (tenant, trace_id, recipient) received in [$since, $until) on one of $days.
select tenant, day, account, trace_id, recipient, status_group, size_bytes
from staging.stg_message_traces
where
    list_contains($days, day)
    and received_at >= $since
    and received_at < $until
    and ($tenant is null or tenant = $tenant)
