-- Grain: one row per (tenant, account, recipient) of the days being built: its first mail in them.
-- Unit: UTC instant. A recipient that is kept as a mark of its row alone is nobody's contact.
-- Only what is earlier than the kept first contact is added to the mart.
with firsts as (
    select p.owner, t.recipient, min(t.received_at) as first_at
    from steps.traces as t
    inner join steps.places as p on p.place = t.place
    where
        t.is_recipient
        and t.recipient not like 'aggregate:%'
        and t.recipient not like 'erased:%'
    group by p.owner, t.recipient
)

select o.tenant, o.account, f.recipient, f.first_at
from firsts as f
inner join steps.owners as o on o.owner = f.owner
