-- Grain: one row per (sender, recipient) of a day without revisions. Unit: rows without `expanded`.
select
    sender,
    recipient,
    count(*)::integer as recipients
from existing
where lower(status) is distinct from 'expanded'
group by sender, recipient
order by sender, recipient
