-- Grain: one row per UTC day of [$since, $until] with a key that has several observations.
select distinct day
from raw.message_traces
where
    tenant = $tenant
    and day between cast($since as date) and cast($until as date)
    and is_revision
