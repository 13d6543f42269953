-- Grain: one row per tenant and account in [$since, $until). Units: recipients, bytes.
-- Counts by status are null where no row carries one; unknown_recipients have none.
select
    tenant,
    account,
    count(*) filter (where status_group is distinct from 'expanded') as recipients,
    case when count(status_group) > 0 then count(*) filter (where status_group = 'delivered') end
        as delivered,
    case when count(status_group) > 0 then count(*) filter (where status_group = 'failed') end
        as failed,
    case when count(status_group) > 0 then count(*) filter (where status_group = 'quarantined') end
        as quarantined,
    case
        when count(status_group) > 0 then count(*) filter (where status_group = 'filtered_as_spam')
    end as filtered_as_spam,
    count(*) filter (where status_group is null) as unknown_recipients,
    max(size_bytes) as most_bytes
from staging.stg_message_traces
where
    received_at >= $since and received_at < $until
    and day between cast($since as date) and cast($until as date)
    and ($tenant is null or tenant = $tenant)
    and ($account is null or account = $account)
group by tenant, account
order by tenant, account
