-- Grain: one row per stored row that is compared further: what it carries.
with places as (
    select *
    from existing as e
    -- By one column: its filter reaches the files before the others are read.
    semi join compared as c on c.file_row_number = e.file_row_number
)

select
    c.incoming_row,
    p.message_id,
    p.subject,
    p.size_bytes,
    p.from_ip,
    p.to_ip
from compared as c
inner join places as p
    on p.file_index = c.file_index and p.file_row_number = c.file_row_number
