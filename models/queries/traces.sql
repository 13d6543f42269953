-- Grain: one row per (tenant, trace_id, recipient), newest first. Times are UTC.
-- A sender stands for its account: every address of it is meant. Subject words must all occur.
select
    tenant,
    trace_id as id,
    message_id,
    account,
    sender,
    recipient,
    received_at,
    subject,
    status,
    size_bytes,
    from_ip,
    to_ip,
    source
from staging.stg_message_traces
where
    received_at <= $now
    and ($since is null or (received_at >= $since and day >= cast($since as date)))
    and ($until is null or (received_at < $until and day <= cast($until as date)))
    and ($tenant is null or tenant = $tenant)
    and (
        $sender is null
        or sender = $sender
        or account = $sender
        or account in (
            select a.account from staging.stg_account_addresses as a where a.address = $sender
        )
    )
    and ($recipient is null or recipient = $recipient)
    and ($id is null or trace_id = $id)
    and ($message_id is null or message_id = $message_id)
    and ($from_ip is null or from_ip = $from_ip)
    and ($status is null or lower(status) = $status or status_group = $status)
    and (
        $words is null
        or len(list_filter($words, lambda w: not contains(lower(coalesce(subject, '')), w))) = 0
    )
order by received_at desc, trace_id, recipient
limit $limit
