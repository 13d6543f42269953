-- Grain: one row per (tenant, account, subject_hash) of the days being built: its first use in them.
-- A subject counts up to its first digit, so that numbered subjects are one. Unit: UTC instant.
with heads as (
    select
        tenant,
        account,
        regexp_extract(lower(subject), '^[^0-9]*') as head,
        min(received_at) as first_at
    from staging.stg_message_traces
    where subject is not null
    group by tenant, account, regexp_extract(lower(subject), '^[^0-9]*')
)

select
    tenant,
    account,
    md5(head) as subject_hash,
    first_at
from heads
