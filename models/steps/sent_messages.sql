-- Grain: one row per message (place, message): tenant, account and UTC day with a row of it.
-- Units: recipients are rows without `expanded`; slots, sources as in steps.traces. source is that
-- of all rows, null where none names one; has_one_source is false where rows differ in it.
select
    place,
    message,
    min(slot) as first_slot,
    max(slot) as last_slot,
    min(source) as source,
    count(source) = 0
    or (count(source) = count(*) and min(source) = max(source)) as has_one_source,
    max(received_at) as last_at,
    count(*) filter (where is_recipient) as recipients
from steps.traces
group by place, message
