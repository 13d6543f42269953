-- Grain: one row per account (owner) and quarter-hour since 1970 (quarter) in which a first of the
-- days being built lies. Units: first recipients, sources and subjects.
with firsts as (
    select tenant, account, first_at, 1 as contact, 0 as source, 0 as subject
    from kept.first_contacts
    union all
    select tenant, account, first_at, 0 as contact, 1 as source, 0 as subject
    from kept.first_sources
    union all
    select tenant, account, first_at, 0 as contact, 0 as source, 1 as subject
    from kept.first_subjects
),

counted as (
    select
        tenant,
        account,
        epoch_us(first_at) // 900000000 as quarter,
        sum(contact) as new_recipients,
        sum(source) as new_sources,
        sum(subject) as new_subjects
    from firsts
    where first_at >= (select min(day) from steps.places)
    group by tenant, account, quarter
)

select o.owner, c.quarter, c.new_recipients, c.new_sources, c.new_subjects
from counted as c
inner join steps.owners as o on o.tenant = c.tenant and o.account = c.account
