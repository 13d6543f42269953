-- Grain: one row per tenant, account and UTC day with at least one row.
-- Units: counts, size_bytes in bytes. billable_recipients is an estimate from traces: delivered
-- rows, lists counted by their members. Counts by status are null where no row carries a status;
-- where some do, they count these, and any of unknown_recipients may belong to them.
-- Which statuses are billable on a day says reference.billable_statuses, whose spans never overlap.
with counted as (
    select
        tenant,
        day,
        account,
        cast(sum(new_in_day) as bigint) as messages,
        cast(sum(recipients) as bigint) as recipients,
        sum(with_status) as with_status,
        cast(sum(delivered) as bigint) as delivered,
        cast(sum(failed) as bigint) as failed,
        cast(sum(quarantined) as bigint) as quarantined,
        cast(sum(filtered_as_spam) as bigint) as filtered_as_spam,
        cast(sum(pending) as bigint) as pending,
        cast(sum(expanded) as bigint) as expanded,
        cast(sum(other) as bigint) as other,
        cast(sum(billable) as bigint) as billable,
        cast(sum(unknown_recipients) as bigint) as unknown_recipients,
        cast(sum(size_bytes) as bigint) as size_bytes
    from steps.outcomes
    group by tenant, day, account
)

select
    tenant,
    day,
    account,
    messages,
    recipients,
    case when with_status > 0 then delivered end as delivered,
    case when with_status > 0 then failed end as failed,
    case when with_status > 0 then quarantined end as quarantined,
    case when with_status > 0 then filtered_as_spam end as filtered_as_spam,
    case when with_status > 0 then pending end as pending,
    case when with_status > 0 then expanded end as expanded,
    other,
    case when with_status > 0 then billable end as billable_recipients,
    unknown_recipients,
    size_bytes
from counted
