-- Grain: one row per message (place, message), quarter-hour of the UTC day (slot) and source, of
-- messages that have several of either: nearly all others are counted without looking at rows.
-- Units: recipients are rows without `expanded`; last_at is a UTC instant.
select
    t.place,
    t.message,
    t.slot,
    t.source,
    m.first_slot < m.last_slot as has_several_slots,
    m.has_one_source,
    count(*) filter (where t.is_recipient) as recipients,
    max(t.received_at) as last_at
from steps.traces as t
inner join steps.sent_messages as m
    on m.place = t.place
    and m.message = t.message
    and (m.first_slot < m.last_slot or not m.has_one_source)
group by t.place, t.message, t.slot, t.source, m.first_slot < m.last_slot, m.has_one_source
