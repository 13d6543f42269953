-- Grain: one row per tenant and account in [$since, $until). Units: recipients of the envelope.
-- A message without an expanded row has as many envelope recipients as rows. Behind an expanded row
-- stand members that were never in the envelope, and a list may come out of another list: there
-- only the range from one to all rows, and no more than Microsoft accepts ($limit), is certain.
with messages as (
    select
        tenant,
        account,
        trace_id,
        count(*) as rows_count,
        count(*) filter (where status_group = 'expanded' or status_group is null) > 0
        or count(*) > $limit as is_range
    from staging.stg_message_traces
    where
        received_at >= $since and received_at < $until
        and day between cast($since as date) and cast($until as date)
        and ($tenant is null or tenant = $tenant)
        and ($account is null or account = $account)
    group by tenant, account, trace_id
)

select
    tenant,
    account,
    max(rows_count) filter (where not is_range) as exact_most,
    max(least(rows_count, $limit)) filter (where is_range) as range_most,
    count(*) filter (where is_range) as range_messages
from messages
group by tenant, account
