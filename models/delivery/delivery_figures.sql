-- Grain: one row per tenant and account in [$since, $until). Units: recipients, bytes.
select
    tenant,
    account,
    count(*) filter (where status_group is distinct from 'expanded') as recipients,
    count(*) filter (where status_group = 'delivered') as delivered,
    count(*) filter (where status_group = 'failed') as failed,
    count(*) filter (where status_group = 'quarantined') as quarantined,
    count(*) filter (where status_group = 'filtered_as_spam') as filtered_as_spam,
    max(size_bytes) as most_bytes
from staging.stg_message_traces
where
    received_at >= $since and received_at < $until
    and day between cast($since as date) and cast($until as date)
    and ($tenant is null or tenant = $tenant)
    and ($account is null or account = $account)
group by tenant, account
order by tenant, account
