-- Grain: one row per line and recipient of `typed`, the one whose status has the lowest rank.
select *
from typed
qualify row_number() over (
    partition by line, lower(recipient) order by coalesce(rank_of(status), 9)
) = 1
order by line
