-- Grain: one row per tenant, account, status and recipient domain in [$since, $until]. Units: recipients.
select
    tenant,
    account,
    status_group as status,
    coalesce(nullif(split_part(recipient, '@', 2), ''), 'unknown') as recipient_domain,
    count(*) as recipients,
    max(received_at) as last_at
from marts.hve_undelivered
where
    received_at between $since and $until
    and day between cast($since as date) and cast($until as date)
    and ($tenant is null or tenant = $tenant)
    and ($account is null or account = $account)
group by all
order by recipients desc, tenant, account, status, recipient_domain
