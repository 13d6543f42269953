-- Grain: one row per tenant, account, UTC day, quarter-hour of it (slot) and status with any row.
-- Units: rows; size_bytes in bytes. Of those with a known source, young ones came from a network
-- (/24, /48) that the account first used less than seven days before; external ones failed and lie
-- outside the accounts' own domains.
with networks as (
    select
        tenant,
        account,
        from_ip,
        min(first_at) over (
            partition by
                tenant,
                account,
                regexp_extract(from_ip, '^([0-9]+[.][0-9]+[.][0-9]+[.]|[^:]*:[^:]*:[^:]*:)')
        ) as network_first_at
    from kept.first_sources
),

senders as (
    select distinct tenant, account
    from steps.traces
),

domains as (
    select distinct tenant, split_part(address, '@', 2) as domain
    from staging.stg_account_addresses
    union
    select distinct tenant, split_part(account, '@', 2) as domain
    from senders
)

select
    t.tenant,
    t.day,
    t.account,
    t.slot,
    t.status_group,
    t.status_group is distinct from 'expanded' as is_recipient,
    min(t.received_at) as first_at,
    count(*) as trace_rows,
    count(t.subject) as with_subject,
    count(*) filter (where t.recipient not like 'aggregate:%') as with_recipient,
    count(n.network_first_at) as with_source,
    count(*) filter (where t.received_at < n.network_first_at + interval 7 days) as young_source,
    count(*) filter (
        where t.status_group = 'failed'
        and d.domain is null
        and t.recipient not like 'aggregate:%'
        and t.recipient not like 'erased:%'
    ) as external,
    sum(t.size_bytes) as size_bytes
from steps.traces as t
left join networks as n
    on n.tenant = t.tenant and n.account = t.account and n.from_ip = t.from_ip
left join domains as d
    on d.tenant = t.tenant
    and d.domain = case when t.status_group = 'failed' then split_part(t.recipient, '@', 2) end
group by t.tenant, t.day, t.account, t.slot, t.status_group
