-- Grain: one row per tenant, account and UTC day that was stored before and now counts otherwise.
-- Units: recipients before and after; an account that lost all of its rows counts 0 after.
select
    o.tenant,
    o.day,
    o.account,
    cast($now as timestamptz) as corrected_at,
    cast($batch as bigint) as batch,
    coalesce(o.billable_recipients, 0) as billable_before,
    coalesce(n.billable_recipients, 0) as billable_after,
    coalesce(o.delivered, 0) as delivered_before,
    coalesce(n.delivered, 0) as delivered_after,
    coalesce(o.failed, 0) as failed_before,
    coalesce(n.failed, 0) as failed_after,
    coalesce(o.quarantined, 0) as quarantined_before,
    coalesce(n.quarantined, 0) as quarantined_after,
    coalesce(o.filtered_as_spam, 0) as filtered_as_spam_before,
    coalesce(n.filtered_as_spam, 0) as filtered_as_spam_after,
    coalesce(o.pending, 0) as pending_before,
    coalesce(n.pending, 0) as pending_after,
    coalesce(o.expanded, 0) as expanded_before,
    coalesce(n.expanded, 0) as expanded_after,
    coalesce(o.other, 0) as other_before,
    coalesce(n.other, 0) as other_after
from kept.usage_daily as o
left join marts.hve_usage_daily as n
    on n.tenant = o.tenant and n.day = o.day and n.account = o.account
where
    o.day < cast($now as date)
    and coalesce(o.billable_recipients, 0) <> coalesce(n.billable_recipients, 0)
