-- Grain: one row per tenant and span of an imported file: the UTC days of its first and last row.
select tenant, cast(first_day as date) as first_day, cast(last_day as date) as last_day
from state.file_spans
where $tenant is null or tenant = $tenant
