-- Grain: one row per address that one account sent from in [$since, $until]. Times are UTC.
-- Units: messages, recipients without `expanded`. A missing address is shown as null.
select
    t.from_ip,
    count(distinct t.trace_id) as messages,
    count(*) filter (where t.status_group is distinct from 'expanded') as recipients,
    min(s.first_at) as first_seen,
    max(t.received_at) as last_seen
from staging.stg_message_traces as t
left join marts.first_sources as s
    on s.tenant = t.tenant and s.account = t.account and s.from_ip = t.from_ip
where
    t.tenant = $tenant
    and t.account = $account
    and t.received_at between $since and $until
    and t.day between cast($since as date) and cast($until as date)
group by t.from_ip
order by recipients desc, t.from_ip
