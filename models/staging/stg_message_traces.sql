-- Grain: one row per (tenant, trace_id, recipient): the last observation holds.
-- Only messages with a revision have several observations of a row; all others pass as they are.
-- They are told apart by the hash of their id, which is faster: where two share it, both are ranked.
-- `account` is the primary address of the HVE account; a sender that no snapshot lists is its own.
-- `status_group` is null where the source carries no status or a word that is none of Microsoft's:
-- what happened to that recipient is unknown. Times are UTC.
with revised as (
    select distinct tenant, day, hash(trace_id) as message
    from raw.message_traces
    where is_revision
),

ranked as (
    select
        m.tenant, m.day, m.trace_id, m.message_id, m.sender, m.recipient, m.subject, m.status,
        m.from_ip, m.to_ip, m.size_bytes, m.received_at, m.first_seen_at, m.observed_at, m.source,
        row_number() over (
            partition by m.tenant, m.day, m.trace_id, m.recipient
            order by m.observed_at desc, m.batch desc, m.row desc
        ) as recency
    from raw.message_traces as m
    semi join revised as r
        on r.tenant = m.tenant
        and r.day = m.day
        and r.message = hash(m.trace_id)
),

latest as (
    select
        tenant, day, trace_id, message_id, sender, recipient, subject, status,
        from_ip, to_ip, size_bytes, received_at, first_seen_at, observed_at, source
    from ranked
    where recency = 1
    union all
    select
        m.tenant, m.day, m.trace_id, m.message_id, m.sender, m.recipient, m.subject, m.status,
        m.from_ip, m.to_ip, m.size_bytes, m.received_at, m.first_seen_at, m.observed_at, m.source
    from raw.message_traces as m
    anti join revised as r
        on r.tenant = m.tenant
        and r.day = m.day
        and r.message = hash(m.trace_id)
)

select
    t.tenant,
    t.day,
    t.trace_id,
    t.message_id,
    coalesce(a.account, t.sender) as account,
    t.sender,
    t.recipient,
    t.subject,
    t.status,
    case
        when lower(t.status) in ('delivered', 'failed', 'quarantined', 'pending', 'expanded')
            then lower(t.status)
        when lower(t.status) = 'filteredasspam' then 'filtered_as_spam'
        when lower(t.status) in ('gettingstatus', 'resolved', 'recalled', 'unknownfuturevalue')
            then 'other'
    end as status_group,
    t.from_ip,
    t.to_ip,
    t.size_bytes,
    t.received_at,
    t.first_seen_at,
    t.observed_at,
    t.source
from latest as t
left join staging.stg_account_addresses as a
    on a.tenant = t.tenant and a.address = t.sender
