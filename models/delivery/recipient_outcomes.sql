-- Grain: one row per tenant, account and recipient in [$since, $until) that is a list, or to whom
-- every known outcome of at least $attempts was a failure.
select
    tenant,
    account,
    recipient,
    count(*) filter (where status_group = 'expanded') as expansions,
    count(*) filter (where status_group = 'failed') as failures,
    max(received_at) as last_at
from staging.stg_message_traces
where
    received_at >= $since and received_at < $until
    and day between cast($since as date) and cast($until as date)
    and ($tenant is null or tenant = $tenant)
    and ($account is null or account = $account)
group by tenant, account, recipient
having
    count(*) filter (where status_group = 'expanded') > 0
    or (
        count(*) filter (where status_group = 'failed') >= $attempts
        and count(*) filter (
            where status_group in ('delivered', 'quarantined', 'filtered_as_spam')
        ) = 0
    )
order by tenant, account, recipient
