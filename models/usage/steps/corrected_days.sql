-- Grain: one row per tenant, account and UTC day that was stored before and now counts otherwise.
-- Units: recipients before and after, null where they are not known; an account that lost all of
-- its rows counts 0 after.
select
    o.tenant,
    o.day,
    o.account,
    cast($now as timestamptz) as corrected_at,
    cast($batch as bigint) as batch,
    o.billable_recipients as billable_before,
    case when n.account is null then 0 else n.billable_recipients end as billable_after,
    o.delivered as delivered_before,
    case when n.account is null then 0 else n.delivered end as delivered_after,
    o.failed as failed_before,
    case when n.account is null then 0 else n.failed end as failed_after,
    o.quarantined as quarantined_before,
    case when n.account is null then 0 else n.quarantined end as quarantined_after,
    o.filtered_as_spam as filtered_as_spam_before,
    case when n.account is null then 0 else n.filtered_as_spam end as filtered_as_spam_after,
    o.pending as pending_before,
    case when n.account is null then 0 else n.pending end as pending_after,
    o.expanded as expanded_before,
    case when n.account is null then 0 else n.expanded end as expanded_after,
    o.other as other_before,
    case when n.account is null then 0 else n.other end as other_after
from kept.usage_daily as o
left join marts.hve_usage_daily as n
    on n.tenant = o.tenant and n.day = o.day and n.account = o.account
where
    o.day < cast($now as date)
    and o.billable_recipients is distinct from
    case when n.account is null then 0 else n.billable_recipients end
