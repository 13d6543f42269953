-- Grain: one row per (tenant, account, subject_hash) of the days being built: its first use in them.
-- A subject counts up to its first digit, so that numbered subjects are one; in a hashed subject
-- (s-…) that part is the first half. The digest is keyed before it is stored (warehouse/privacy/subjects.py).
-- Unit: UTC instant.
with subjects as (
    select p.owner, t.subject, min(t.received_at) as first_at
    from steps.traces as t
    inner join steps.places as p on p.place = t.place
    where t.subject is not null
    group by p.owner, t.subject
),

heads as (
    select
        owner,
        case
            when regexp_extract(subject, '^s-[0-9a-f]{32}') = subject
                then regexp_extract(subject, '^s-[0-9a-f]{16}')
            else regexp_extract(lower(translate(subject, 'İΣς', 'iσσ')), '^[^0-9]*')
        end as head,
        first_at
    from subjects
),

firsts as (
    select owner, head, min(first_at) as first_at
    from heads
    group by owner, head
)

select o.tenant, o.account, md5(f.head) as subject_hash, f.first_at
from firsts as f
inner join steps.owners as o on o.owner = f.owner
