-- Grain: one row per stored change of a finding that is not older than $before, and the
-- one that holds, however old it is: nothing else says since when.
select *
from existing
qualify
    observed_at >= $before
    or (
        status is not null
        and row_number() over (
            partition by tenant, check_name, account, subject
            order by observed_at desc, batch desc
        ) = 1
    )
