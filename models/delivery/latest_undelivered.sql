-- Grain: one row per message and recipient in [$since, $until] whose mail did not arrive, newest
-- first, at most $most. `pending` ones still may.
select tenant, account, trace_id as id, recipient, status_group as status, received_at
from marts.hve_undelivered
where
    received_at between $since and $until
    and day between cast($since as date) and cast($until as date)
    and ($tenant is null or tenant = $tenant)
    and ($account is null or account = $account)
order by received_at desc, trace_id, recipient, tenant
limit $most
