-- Grain: one row per tenant, account, UTC day and quarter-hour of it (slot) with at least one row.
-- Units: messages with a recipient in the quarter-hour; new_in_hour and new_in_day are those of
-- which no row is earlier in the hour or day, so that they add up. wide_recipients are those of
-- messages to ten or more, widest is the largest message.
-- Nearly all messages lie in one quarter-hour: only the others are looked at row by row.
with spread as (
    select
        t.tenant,
        t.day,
        t.account,
        t.trace_id,
        t.slot,
        date_trunc('hour', min(t.received_at)) as hour_utc,
        count(*) filter (where t.status_group is distinct from 'expanded') as recipients
    from steps.traces as t
    inner join steps.sent_messages as m
        on m.tenant = t.tenant
        and m.day = t.day
        and m.account = t.account
        and m.trace_id = t.trace_id
        and m.first_slot < m.last_slot
    group by t.tenant, t.day, t.account, t.trace_id, t.slot
),

parts as (
    select tenant, day, account, first_slot as slot, recipients, 1 as place_in_hour, 1 as place_in_day
    from steps.sent_messages
    where first_slot = last_slot
    union all
    select
        tenant,
        day,
        account,
        slot,
        recipients,
        row_number() over (
            partition by tenant, day, account, trace_id, hour_utc
            order by slot
        ) as place_in_hour,
        row_number() over (partition by tenant, day, account, trace_id order by slot) as place_in_day
    from spread
)

select
    tenant,
    day,
    account,
    slot,
    count(*) filter (where recipients > 0) as messages,
    count(*) filter (where place_in_hour = 1) as new_in_hour,
    count(*) filter (where place_in_day = 1) as new_in_day,
    coalesce(sum(recipients) filter (where recipients >= 10), 0) as wide_recipients,
    max(recipients) as widest
from parts
group by tenant, day, account, slot
