-- Grain: one row per recipient domain in [$since, $until]. Units: recipients without lists.
-- domain is null where recipients are not kept. Counts by status are null where no row carries one.
select
    nullif(split_part(recipient, '@', 2), '') as domain,
    count(*) as recipients,
    case when count(status_group) > 0 then count(*) filter (where status_group = 'delivered') end
        as delivered,
    case when count(status_group) > 0 then count(*) filter (where status_group = 'failed') end
        as failed,
    case when count(status_group) > 0 then count(*) filter (where status_group = 'quarantined') end
        as quarantined,
    case
        when count(status_group) > 0 then count(*) filter (where status_group = 'filtered_as_spam')
    end as filtered_as_spam,
    case when count(status_group) > 0 then count(*) filter (where status_group = 'pending') end
        as pending,
    count(*) filter (where status_group is null) as unknown_recipients
from staging.stg_message_traces
where
    received_at >= $since and received_at < $until
    and day between cast($since as date) and cast($until as date)
    and status_group is distinct from 'expanded'
    and ($tenant is null or tenant = $tenant)
    and ($accounts is null or list_contains($accounts, account))
group by domain
order by recipients desc, domain
