-- Grain: one row per asked trace and outcome: a failed and a delivered recipient of it.
select tenant, trace_id as id, status_group, min(recipient) as recipient, count(*) as recipients
from staging.stg_message_traces
where
    trace_id in (select unnest($trace_ids))
    and status_group in ('failed', 'delivered')
    and day between $first and $last
    and received_at <= $now
group by tenant, trace_id, status_group
order by tenant, trace_id, status_group
