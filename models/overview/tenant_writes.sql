-- Grain: one row per tenant that was ever written: business time of its last run or import, UTC.
select
    tenant,
    cast(last_now as timestamptz) as last_now
from state.tenants
