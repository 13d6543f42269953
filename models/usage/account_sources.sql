-- Grain: one row per address that one account sent from in [$since, $until]. Times are UTC.
-- Units: messages, recipients without `expanded`. A missing address is shown as null.
-- Whole days are those of the mart; of the first and the last day the rows of account_rows.sql are
-- read.
with used as (
    select from_ip, messages, recipients, last_at
    from marts.hve_sources_daily
    where
        tenant = $tenant
        and account = $account
        and day > cast($since as date)
        and day < cast($until as date)
    union all
    select
        from_ip,
        1 as messages,
        count(*) filter (where is_recipient) as recipients,
        max(received_at) as last_at
    from ({rows})
    where day in (cast($since as date), cast($until as date))
    group by day, trace_id, from_ip
),

summed as (
    select
        from_ip,
        sum(messages)::bigint as messages,
        sum(recipients)::bigint as recipients,
        max(last_at) as last_seen
    from used
    group by from_ip
),

firsts as (
    select from_ip, min(first_at) as first_at
    from marts.first_sources
    where tenant = $tenant and account = $account
    group by from_ip
)

select s.from_ip, s.messages, s.recipients, f.first_at as first_seen, s.last_seen
from summed as s
left join firsts as f on f.from_ip = s.from_ip
order by s.recipients desc, s.from_ip
