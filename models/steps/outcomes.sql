-- Grain: one row per place (tenant, account and UTC day) and quarter-hour of it (slot) with a row.
-- Units: rows by outcome; recipients are those without `expanded`, and so are what known_… count.
-- Blank and 255.255.255.255 are unknown sources. Messages as in steps.messages.
with billable as (
    select
        p.place,
        coalesce(bool_or(b.status = 'delivered'), false) as delivered,
        coalesce(bool_or(b.status = 'failed'), false) as failed,
        coalesce(bool_or(b.status = 'quarantined'), false) as quarantined,
        coalesce(bool_or(b.status = 'filtered_as_spam'), false) as filtered_as_spam,
        coalesce(bool_or(b.status = 'pending'), false) as pending,
        coalesce(bool_or(b.status = 'expanded'), false) as expanded,
        coalesce(bool_or(b.status = 'other'), false) as other
    from steps.places as p
    left join reference.billable_statuses as b on p.day >= b.from_day and p.day < b.until_day
    group by p.place
),

known as (
    select
        *,
        from_ip not in ('', '255.255.255.255') as has_source,
        recipient not like 'aggregate:%' as has_recipient
    from steps.traces
),

counted as (
    select
        place,
        slot,
        count(*) filter (where is_recipient) as recipients,
        count(status_group) as with_status,
        count(*) filter (where status_group = 'delivered') as delivered,
        count(*) filter (where status_group = 'failed') as failed,
        count(*) filter (where status_group = 'quarantined') as quarantined,
        count(*) filter (where status_group = 'filtered_as_spam') as filtered_as_spam,
        count(*) filter (where status_group = 'pending') as pending,
        count(*) filter (where status_group = 'expanded') as expanded,
        count(*) filter (where status_group = 'other') as known_other,
        count(*) filter (where status_group is null) as unknown_recipients,
        count(*) filter (where has_source) as with_source,
        count(*) filter (where has_recipient) as with_recipient,
        count(*) filter (where has_source and is_recipient) as known_source,
        count(*) filter (where has_recipient and is_recipient) as known_recipient,
        count(subject) filter (where is_recipient) as known_subject,
        sum(size_bytes) as size_bytes
    from known
    group by place, slot
)

select
    c.* exclude (known_other),
    c.known_other + c.unknown_recipients as other,
    if(b.delivered, c.delivered, 0)
    + if(b.failed, c.failed, 0)
    + if(b.quarantined, c.quarantined, 0)
    + if(b.filtered_as_spam, c.filtered_as_spam, 0)
    + if(b.pending, c.pending, 0)
    + if(b.expanded, c.expanded, 0)
    + if(b.other, c.known_other, 0) as billable,
    m.messages,
    m.new_in_hour,
    m.new_in_day,
    m.wide_recipients,
    m.widest
from counted as c
inner join billable as b on b.place = c.place
inner join steps.messages as m on m.place = c.place and m.slot = c.slot
