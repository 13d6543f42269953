-- Grain: one row per tenant, account, UTC day and address that it sent from; null is unknown.
-- Units: messages, recipients without `expanded`; last_at is a UTC instant.
select
    tenant,
    day,
    account,
    from_ip,
    count(*) as messages,
    cast(sum(recipients) as bigint) as recipients,
    max(last_at) as last_at
from steps.sent_messages
group by tenant, day, account, from_ip
