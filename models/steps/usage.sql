-- Grain: one row per tenant, account and UTC hour with at least one row, and one per UTC day of it,
-- whose hour_utc is null.
-- Units: counts as in hve_usage_daily and hve_usage_hourly; recipients_q1..q4 are the quarter-hours
-- of an hour. with_… are rows that carry it.
with counted as (
    select
        place,
        slot // 4 as hour,
        cast(
            case when grouping(slot // 4) = 0 then sum(new_in_hour) else sum(new_in_day) end as bigint
        ) as messages,
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
        cast(sum(case when slot % 4 = 0 then recipients else 0 end) as bigint) as recipients_q1,
        cast(sum(case when slot % 4 = 1 then recipients else 0 end) as bigint) as recipients_q2,
        cast(sum(case when slot % 4 = 2 then recipients else 0 end) as bigint) as recipients_q3,
        cast(sum(case when slot % 4 = 3 then recipients else 0 end) as bigint) as recipients_q4,
        sum(with_source) as with_source,
        sum(with_recipient) as with_recipient,
        cast(sum(size_bytes) as bigint) as size_bytes
    from steps.outcomes
    group by grouping sets ((place, slot // 4), (place))
)

select
    p.tenant,
    p.day,
    p.account,
    p.owner,
    to_timestamp(epoch(p.day) + 3600 * c.hour) as hour_utc,
    c.messages,
    c.recipients,
    case when c.with_status > 0 then c.delivered end as delivered,
    case when c.with_status > 0 then c.failed end as failed,
    case when c.with_status > 0 then c.quarantined end as quarantined,
    case when c.with_status > 0 then c.filtered_as_spam end as filtered_as_spam,
    case when c.with_status > 0 then c.pending end as pending,
    case when c.with_status > 0 then c.expanded end as expanded,
    c.other,
    case when c.with_status > 0 then c.billable end as billable_recipients,
    c.unknown_recipients,
    c.recipients_q1,
    c.recipients_q2,
    c.recipients_q3,
    c.recipients_q4,
    c.with_source,
    c.with_recipient,
    c.size_bytes
from counted as c
inner join steps.places as p on p.place = c.place
