-- Grain: one row per tenant, account, UTC hour and quarter of it (0 to 3) in which a first of the
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

placed as (
    select
        tenant,
        account,
        date_trunc('hour', first_at) as hour_utc,
        case
            when extract(minute from first_at) < 15 then 0
            when extract(minute from first_at) < 30 then 1
            when extract(minute from first_at) < 45 then 2
            else 3
        end as quarter,
        contact,
        source,
        subject
    from firsts
)

select
    tenant,
    account,
    hour_utc,
    quarter,
    sum(contact) as new_recipients,
    sum(source) as new_sources,
    sum(subject) as new_subjects
from placed
group by tenant, account, hour_utc, quarter
