-- Grain: one row per observation in lost files that is not stored. Upkeep gives an observation another
-- row number, so it is known by what was observed, when and in which batch.
select l.* replace (
    exists (
        select 1
        from existing as o
        where
            o.tenant = l.tenant and o.day = l.day
            and o.trace_id = l.trace_id and o.recipient = l.recipient
    ) or l.is_revision as is_revision
)
from lost as l
anti join existing as e
    on
        e.tenant = l.tenant and e.day = l.day
        and e.trace_id = l.trace_id and e.recipient = l.recipient
        and e.batch = l.batch and e.observed_at = l.observed_at
