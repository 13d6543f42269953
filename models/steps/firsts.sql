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

counted as (
    select
        f.tenant,
        f.account,
        cast(floor(epoch(f.first_at) / 900) as bigint) as quarters,
        sum(f.contact) as new_recipients,
        sum(f.source) as new_sources,
        sum(f.subject) as new_subjects
    from firsts as f
    where f.first_at >= (select min(day) from steps.places)
    group by f.tenant, f.account, quarters
)

select
    tenant,
    account,
    to_timestamp(quarters // 4 * 3600) as hour_utc,
    cast(quarters % 4 as integer) as quarter,
    new_recipients,
    new_sources,
    new_subjects
from counted
