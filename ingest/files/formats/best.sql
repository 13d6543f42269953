-- Grain: one row per line and recipient of `typed`: a copy that reached the mailbox is billed whatever
-- became of the others, and a list that was expanded did its work.
select *
from typed
qualify row_number() over (
    partition by line, lower(recipient)
    order by coalesce(
        list_position(
            [
                'Delivered', 'Expanded', 'Quarantined', 'FilteredAsSpam', 'Failed', 'Resolved',
                'Recalled', 'Pending', 'GettingStatus'
            ],
            status
        ),
        10
    )
) = 1
order by line
