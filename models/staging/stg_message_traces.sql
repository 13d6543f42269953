-- Grain: one row per (tenant, trace_id, recipient): the last observation holds.
-- `account` is the primary address of the HVE account; a sender that no snapshot lists is its own.
-- `status_group` is null where the source carries no status. Times are UTC.
with ranked as (
    select
        *,
        row_number() over (
            partition by tenant, day, trace_id, recipient
            order by observed_at desc, batch desc, row desc
        ) as recency
    from raw.message_traces
)

select
    r.tenant,
    r.day,
    r.trace_id,
    r.message_id,
    coalesce(a.account, r.sender) as account,
    r.sender,
    r.recipient,
    r.subject,
    r.status,
    case
        when r.status is null then null
        when lower(r.status) in ('delivered', 'failed', 'quarantined', 'pending', 'expanded')
            then lower(r.status)
        when lower(r.status) = 'filteredasspam' then 'filtered_as_spam'
        else 'other'
    end as status_group,
    r.from_ip,
    r.to_ip,
    r.size_bytes,
    r.received_at,
    r.observed_at,
    r.source
from ranked as r
left join staging.stg_account_addresses as a
    on a.tenant = r.tenant and a.address = r.sender
where r.recency = 1
