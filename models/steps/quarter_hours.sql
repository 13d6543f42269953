-- Grain: one row per tenant, account, UTC day and quarter-hour of it (slot) with at least one row.
-- Units: rows; recipients are those without `expanded`, and so are what known_… and young_source
-- count. most_repeated is how often the same recipient had mail; quarter is 0 to 3 of hour_utc.
-- Young sources are of a network (/24, /48) that the account first used less than seven days before;
-- external ones failed and lie outside the accounts' own domains.
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
        ) + interval 7 days as young_until
    from kept.first_sources
),

oldest as (
    select min(day) as day
    from steps.counts
),

-- Of most networks no day that is built is young: their rows are not looked at.
young_networks as (
    select n.tenant, n.account, n.from_ip, n.young_until
    from networks as n
    inner join oldest as o on cast(n.young_until as date) >= o.day
),

young as (
    select t.tenant, t.day, t.account, t.slot, count(*) as young_source
    from steps.traces as t
    inner join young_networks as n
        on n.tenant = t.tenant
        and n.account = t.account
        and n.from_ip = t.from_ip
        and t.received_at < n.young_until
    where t.status_group is distinct from 'expanded'
    group by t.tenant, t.day, t.account, t.slot
),

domains as (
    select distinct tenant, split_part(address, '@', 2) as domain
    from staging.stg_account_addresses
    union
    select distinct tenant, split_part(account, '@', 2) as domain
    from steps.counts
),

failed as (
    select tenant, day, account, slot, split_part(recipient, '@', 2) as domain
    from steps.traces
    where
        status_group = 'failed'
        and recipient not like 'aggregate:%'
        and recipient not like 'erased:%'
),

outside as (
    select f.tenant, f.day, f.account, f.slot, count(*) as external
    from failed as f
    anti join domains as d on d.tenant = f.tenant and d.domain = f.domain
    group by f.tenant, f.day, f.account, f.slot
),

counted as (
    select
        c.tenant,
        c.day,
        c.account,
        c.slot,
        min(c.first_at) as first_at,
        sum(c.trace_rows) filter (where c.is_recipient) as recipients,
        sum(c.trace_rows) filter (where c.status_group is not null) as with_status,
        sum(c.trace_rows) filter (where c.status_group = 'delivered') as delivered,
        sum(c.trace_rows) filter (where c.status_group = 'failed') as failed,
        sum(c.trace_rows) filter (where c.status_group = 'quarantined') as quarantined,
        sum(c.trace_rows) filter (where c.status_group = 'filtered_as_spam') as filtered_as_spam,
        sum(c.trace_rows) filter (where c.status_group = 'pending') as pending,
        sum(c.trace_rows) filter (where c.status_group = 'expanded') as expanded,
        sum(c.trace_rows) filter (where coalesce(c.status_group, 'other') = 'other') as other,
        sum(c.trace_rows) filter (where c.status_group is null) as unknown_recipients,
        sum(c.trace_rows) filter (where b.status is not null) as billable,
        sum(c.with_source) as with_source,
        sum(c.with_recipient) as with_recipient,
        sum(c.with_source) filter (where c.is_recipient) as known_source,
        sum(c.with_recipient) filter (where c.is_recipient) as known_recipient,
        sum(c.with_subject) filter (where c.is_recipient) as known_subject,
        sum(c.size_bytes) as size_bytes
    from steps.counts as c
    left join reference.billable_statuses as b
        on b.status = c.status_group and c.day >= b.from_day and c.day < b.until_day
    group by c.tenant, c.day, c.account, c.slot
),

people as (
    select tenant, day, account, slot, recipient, count(*) as times
    from steps.traces
    where status_group is distinct from 'expanded'
    group by tenant, day, account, slot, recipient
),

reached as (
    select tenant, day, account, slot, max(times) as most_repeated
    from people
    group by tenant, day, account, slot
)

select
    c.tenant,
    c.day,
    c.account,
    c.slot,
    date_trunc('hour', c.first_at) as hour_utc,
    case
        when extract(minute from c.first_at) < 15 then 0
        when extract(minute from c.first_at) < 30 then 1
        when extract(minute from c.first_at) < 45 then 2
        else 3
    end as quarter,
    coalesce(c.recipients, 0) as recipients,
    coalesce(c.with_status, 0) as with_status,
    coalesce(c.delivered, 0) as delivered,
    coalesce(c.failed, 0) as failed,
    coalesce(c.quarantined, 0) as quarantined,
    coalesce(c.filtered_as_spam, 0) as filtered_as_spam,
    coalesce(c.pending, 0) as pending,
    coalesce(c.expanded, 0) as expanded,
    coalesce(c.other, 0) as other,
    coalesce(c.unknown_recipients, 0) as unknown_recipients,
    coalesce(c.billable, 0) as billable,
    c.with_source,
    c.with_recipient,
    coalesce(c.known_source, 0) as known_source,
    coalesce(c.known_recipient, 0) as known_recipient,
    coalesce(c.known_subject, 0) as known_subject,
    coalesce(y.young_source, 0) as young_source,
    coalesce(o.external, 0) as external,
    c.size_bytes,
    p.most_repeated,
    m.messages,
    m.new_in_hour,
    m.new_in_day,
    m.wide_recipients,
    m.widest
from counted as c
inner join steps.messages as m
    on m.tenant = c.tenant and m.day = c.day and m.account = c.account and m.slot = c.slot
left join reached as p
    on p.tenant = c.tenant and p.day = c.day and p.account = c.account and p.slot = c.slot
left join young as y
    on y.tenant = c.tenant and y.day = c.day and y.account = c.account and y.slot = c.slot
left join outside as o
    on o.tenant = c.tenant and o.day = c.day and o.account = c.account and o.slot = c.slot
