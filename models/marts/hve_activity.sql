-- Grain: one row per tenant, account, UTC hour and quarter of it (0 to 3) with at least one row.
-- Units: counts of recipients (rows without `expanded`) unless said otherwise. wide_recipients are
-- those of messages to ten or more, widest is the largest message; most_repeated is how often the
-- same recipient had mail; external ones failed and lie outside the accounts' own domains. Of those
-- with a known source, young_source_recipients came from a network (/24, /48) that the account first
-- used less than seven days before. Counts by status, source,
-- recipient and subject are null where no row carries one.
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

domains as (
    select distinct tenant, split_part(address, '@', 2) as domain
    from staging.stg_account_addresses
    union
    select distinct tenant, split_part(account, '@', 2) as domain
    from staging.stg_message_traces
),

traces as (
    select
        t.tenant,
        t.day,
        t.account,
        date_trunc('hour', t.received_at) as hour_utc,
        case
            when extract(minute from t.received_at) < 15 then 0
            when extract(minute from t.received_at) < 30 then 1
            when extract(minute from t.received_at) < 45 then 2
            else 3
        end as quarter,
        t.trace_id,
        t.recipient,
        t.status_group,
        t.recipient not like 'aggregate:%' as has_recipient,
        t.subject is not null as has_subject,
        t.status_group = 'failed'
        and d.domain is null
        and t.recipient not like 'aggregate:%'
        and t.recipient not like 'erased:%' as is_external,
        n.network_first_at is not null as has_source,
        t.received_at < n.network_first_at + interval 7 days as is_young
    from staging.stg_message_traces as t
    left join networks as n
        on n.tenant = t.tenant and n.account = t.account and n.from_ip = t.from_ip
    left join domains as d
        on d.tenant = t.tenant and d.domain = split_part(t.recipient, '@', 2)
    where t.status_group is distinct from 'expanded'
),

messages as (
    select
        tenant,
        day,
        account,
        hour_utc,
        quarter,
        trace_id,
        count(*) as recipients,
        count(status_group) as rows_with_status,
        count(*) filter (where has_recipient) as rows_with_recipient,
        count(*) filter (where has_subject) as rows_with_subject,
        count(*) filter (where status_group = 'failed') as failed,
        count(*) filter (where status_group in ('quarantined', 'filtered_as_spam')) as filtered,
        count(*) filter (where is_external) as external,
        count(*) filter (where has_source) as known_source,
        count(*) filter (where is_young) as young_source
    from traces
    group by tenant, day, account, hour_utc, quarter, trace_id
),

counted as (
    select
        tenant,
        day,
        account,
        hour_utc,
        quarter,
        count(*) as messages,
        sum(recipients) as recipients,
        coalesce(sum(recipients) filter (where recipients >= 10), 0) as wide_recipients,
        max(recipients) as widest,
        sum(rows_with_status) as rows_with_status,
        sum(rows_with_recipient) as rows_with_recipient,
        sum(rows_with_subject) as rows_with_subject,
        sum(failed) as failed,
        sum(filtered) as filtered,
        sum(external) as external,
        sum(known_source) as known_source,
        sum(young_source) as young_source
    from messages
    group by tenant, day, account, hour_utc, quarter
),

people as (
    select tenant, account, hour_utc, quarter, recipient, count(*) as times
    from traces
    group by tenant, account, hour_utc, quarter, recipient
),

reached as (
    select tenant, account, hour_utc, quarter, max(times) as most_repeated
    from people
    group by tenant, account, hour_utc, quarter
),

contacts as (
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
        count(*) as new_recipients
    from kept.first_contacts
    group by 1, 2, 3, 4
),

subjects as (
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
        count(*) as new_subjects
    from kept.first_subjects
    group by 1, 2, 3, 4
)

select
    c.tenant,
    c.day,
    c.account,
    c.hour_utc,
    cast(c.quarter as integer) as quarter,
    c.messages,
    cast(c.recipients as bigint) as recipients,
    case when c.rows_with_recipient > 0 then p.most_repeated end as most_repeated,
    cast(c.wide_recipients as bigint) as wide_recipients,
    c.widest,
    case when c.rows_with_recipient > 0 then coalesce(n.new_recipients, 0) end as new_recipients,
    case when c.rows_with_subject > 0 then coalesce(s.new_subjects, 0) end as new_subjects,
    case when c.rows_with_status > 0 then cast(c.failed as bigint) end as failed,
    case when c.rows_with_status > 0 then cast(c.filtered as bigint) end as filtered,
    case
        when c.rows_with_status > 0 and c.rows_with_recipient > 0 then cast(c.external as bigint)
    end as external,
    cast(c.rows_with_status as bigint) as known_status_recipients,
    cast(c.known_source as bigint) as known_source_recipients,
    cast(c.young_source as bigint) as young_source_recipients
from counted as c
inner join reached as p
    on p.tenant = c.tenant
    and p.account = c.account
    and p.hour_utc = c.hour_utc
    and p.quarter = c.quarter
left join contacts as n
    on n.tenant = c.tenant
    and n.account = c.account
    and n.hour_utc = c.hour_utc
    and n.quarter = c.quarter
left join subjects as s
    on s.tenant = c.tenant
    and s.account = c.account
    and s.hour_utc = c.hour_utc
    and s.quarter = c.quarter
