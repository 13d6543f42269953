-- Grain: one row per (tenant, account, recipient) of the days being built: its first mail in them.
-- Unit: UTC instant. Only what is earlier than the kept first contact is added to the mart.
select
    tenant,
    account,
    recipient,
    min(received_at) as first_at
from staging.stg_message_traces
where status_group is distinct from 'expanded'
group by tenant, account, recipient
