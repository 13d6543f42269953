-- Grain: one row per active file of the message trace; `path` lies below the table. A day is revised
-- where any of its files has a row that was observed again, or no statistics.
select
    "partition.tenant" as tenant,
    "partition.day" as day,
    url_decode(path) as path,
    coalesce(
        bool_or(coalesce("max.is_revision", true)) over (
            partition by "partition.tenant", "partition.day"
        ), false
    ) as is_revised
from listed
order by tenant, day, path
