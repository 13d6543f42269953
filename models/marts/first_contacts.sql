-- Grain: one row per (tenant, account, recipient) of the days being built: its first mail in them.
-- Unit: UTC instant. A recipient that is kept as a mark of its row alone is nobody's contact.
-- Only what is earlier than the kept first contact is added to the mart.
select
    tenant,
    account,
    recipient,
    min(received_at) as first_at
from steps.traces
where
    status_group is distinct from 'expanded'
    and recipient not like 'aggregate:%'
    and recipient not like 'erased:%'
group by tenant, account, recipient
