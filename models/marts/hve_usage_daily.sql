-- Grain: one row per tenant, account and UTC day with at least one row.
-- Units: counts, size_bytes in bytes. billable_recipients is an estimate from traces: delivered
-- rows, lists counted by their members. Counts by status are null where no row carries a status;
-- where some do, they count these, and any of unknown_recipients may belong to them.
-- Which statuses are billable on a day says reference.billable_statuses, whose spans never overlap.
select
    tenant,
    day,
    account,
    messages,
    recipients,
    delivered,
    failed,
    quarantined,
    filtered_as_spam,
    pending,
    expanded,
    other,
    billable_recipients,
    unknown_recipients,
    size_bytes
from steps.usage
where hour_utc is null
