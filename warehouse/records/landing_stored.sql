-- Grain: one row per row of the batch that is stored: its place, what it carries, and its status now.
-- A status that is not final, or no word that we know, never replaces a final one: an export made
-- last week must not undo what Microsoft said since.
with observations as (
    select
        e.*,
        n.row as incoming_row,
        n.day as incoming_day,
        n.status as incoming_status,
        abs(epoch(e.received_at) - epoch(n.received_at)) as apart,
        e.day = n.day or apart <= epoch($apart) as is_near
    from latest as n
    -- A join by one column: its filter reaches the files before their other columns are read.
    inner join existing as e
        on e.trace_id = n.trace_id and (e.recipient = n.recipient) is true
),

several as (
    select incoming_row
    from observations
    group by incoming_row
    having count(*) > 1
),

-- Of several observations of a row the last one holds.
last_of_day as (
    select *
    from observations
    semi join several using (incoming_row)
    qualify row_number() over (
        partition by incoming_row, day
        order by observed_at desc, batch desc, row desc
    ) = 1
),

-- The stored row of each new one: the same day before the days around it.
stored as (
    select *
    from observations
    anti join several using (incoming_row)
    where is_near
    union all by name
    select *
    from last_of_day
    where is_near
    qualify row_number() over (
        partition by incoming_row order by day <> incoming_day, apart, day
    ) = 1
),

compared as (
    select
        *,
        case
            when incoming_status is null then status
            when list_contains($settled, lower(status))
                and not list_contains($settled, lower(incoming_status)) then status
            else incoming_status
        end as latest_status
    from stored
)

select
    incoming_row,
    file_index,
    file_row_number,
    day,
    if(day <> incoming_day, received_at, null) as received_at,
    latest_status as status,
    lower(latest_status) is distinct from lower(status) as is_changed,
    message_id,
    subject,
    size_bytes,
    from_ip,
    to_ip,
    first_seen_at,
    observed_at
from compared
