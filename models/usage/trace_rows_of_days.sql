-- Grain: one row per (tenant, trace_id, recipient) received in [$since, $until) on one of $days.
select *
from staging.stg_message_traces
where
    list_contains($days, day)
    and received_at >= $since
    and received_at < $until
    and ($tenant is null or tenant = $tenant)
