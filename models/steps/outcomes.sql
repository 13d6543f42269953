-- Grain: one row per place (tenant, account and UTC day) and quarter-hour of it (slot) with a row.
-- Units: rows by outcome; recipients are those without `expanded`, and so are what known_… count.
-- Messages as in steps.messages.
with billable as (
    select p.place, b.status
    from steps.places as p
    inner join reference.billable_statuses as b on p.day >= b.from_day and p.day < b.until_day
),

counted as (
    select
        c.place,
        c.slot,
        sum(c.trace_rows) filter (where c.is_recipient) as recipients,
        sum(c.trace_rows) filter (where c.status_group is not null) as with_status,
        sum(c.trace_rows) filter (where c.status_group = 'delivered') as delivered,
        sum(c.trace_rows) filter (where c.status_group = 'failed') as failed,
        sum(c.trace_rows) filter (where c.status_group = 'quarantined') as quarantined,
        sum(c.trace_rows) filter (where c.status_group = 'filtered_as_spam') as filtered_as_spam,
        sum(c.trace_rows) filter (where c.status_group = 'pending') as pending,
        sum(c.trace_rows) filter (where c.status_group = 'expanded') as expanded,
        sum(c.trace_rows) filter (where coalesce(c.status_group, 'other') = 'other') as other,
        sum(c.trace_rows) filter (where c.status_group is null) as unknown_recipients,
        sum(c.trace_rows) filter (where b.status is not null) as billable,
        sum(c.with_source) as with_source,
        sum(c.with_recipient) as with_recipient,
        sum(c.with_source) filter (where c.is_recipient) as known_source,
        sum(c.with_recipient) filter (where c.is_recipient) as known_recipient,
        sum(c.with_subject) filter (where c.is_recipient) as known_subject,
        sum(c.size_bytes) as size_bytes
    from (
        select *, status_group is distinct from 'expanded' as is_recipient
        from steps.counts
    ) as c
    left join billable as b on b.place = c.place and b.status = c.status_group
    group by c.place, c.slot
)

select
    c.place,
    c.slot,
    coalesce(c.recipients, 0) as recipients,
    coalesce(c.with_status, 0) as with_status,
    coalesce(c.delivered, 0) as delivered,
    coalesce(c.failed, 0) as failed,
    coalesce(c.quarantined, 0) as quarantined,
    coalesce(c.filtered_as_spam, 0) as filtered_as_spam,
    coalesce(c.pending, 0) as pending,
    coalesce(c.expanded, 0) as expanded,
    coalesce(c.other, 0) as other,
    coalesce(c.unknown_recipients, 0) as unknown_recipients,
    coalesce(c.billable, 0) as billable,
    c.with_source,
    c.with_recipient,
    coalesce(c.known_source, 0) as known_source,
    coalesce(c.known_recipient, 0) as known_recipient,
    coalesce(c.known_subject, 0) as known_subject,
    c.size_bytes,
    m.messages,
    m.new_in_hour,
    m.new_in_day,
    m.wide_recipients,
    m.widest
from counted as c
inner join steps.messages as m on m.place = c.place and m.slot = c.slot
