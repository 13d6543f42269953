-- Grain: one row per place (tenant, account and UTC day) and quarter-hour of it (slot) with a row.
-- Units: messages with a recipient in the quarter-hour; new_in_hour and new_in_day are those of
-- which no row is earlier in the hour or day, so that they add up. wide_recipients are those of
-- messages to ten or more, widest is the largest message.
with long as (
    select place, message, slot, sum(recipients) as recipients
    from steps.spread
    where has_several_slots
    group by place, message, slot
),

parts as (
    select place, first_slot as slot, recipients, 1 as place_in_hour, 1 as place_in_day
    from steps.sent_messages
    where first_slot = last_slot
    union all
    select
        place,
        slot,
        recipients,
        row_number() over (
            partition by place, message, slot // 4
            order by slot
        ) as place_in_hour,
        row_number() over (partition by place, message order by slot) as place_in_day
    from long
)

select
    place,
    slot,
    count(*) filter (where recipients > 0) as messages,
    count(*) filter (where place_in_hour = 1) as new_in_hour,
    count(*) filter (where place_in_day = 1) as new_in_day,
    coalesce(sum(recipients) filter (where recipients >= 10), 0) as wide_recipients,
    cast(max(recipients) as bigint) as widest
from parts
group by place, slot
