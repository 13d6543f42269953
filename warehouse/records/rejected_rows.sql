-- Grain: one row per rejected row that is not stored yet, in the order in which they came.
select r.file, r.line, r.reason
from rejected as r
anti join existing as e
    on e.file = r.file and e.line is not distinct from r.line and e.reason = r.reason
order by r.place
