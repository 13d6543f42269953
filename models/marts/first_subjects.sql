-- Grain: one row per (tenant, account, subject_hash) of the days being built: its first use in them.
-- A subject counts up to its first digit, so that numbered subjects are one; in a hashed subject
-- (s-…) that part is the first half. The digest is keyed before it is stored (warehouse/privacy/subjects.py).
-- Unit: UTC instant.
with subjects as (
    select tenant, account, subject, min(received_at) as first_at
    from steps.traces
    where subject is not null
    group by tenant, account, subject
),

heads as (
    select
        tenant,
        account,
        case
            when regexp_extract(subject, '^s-[0-9a-f]{32}') = subject
                then regexp_extract(subject, '^s-[0-9a-f]{16}')
            else regexp_extract(lower(translate(subject, 'İΣς', 'iσσ')), '^[^0-9]*')
        end as head,
        first_at
    from subjects
)

select
    tenant,
    account,
    md5(head) as subject_hash,
    min(first_at) as first_at
from heads
group by tenant, account, head
