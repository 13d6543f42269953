-- Grain: one row per tenant and account with a billing policy: the newest snapshot until $now.
with newest as (
    select tenant, max(batch) as batch
    from raw.billing_policies
    where observed_at <= $now and ($tenant is null or tenant = $tenant)
    group by tenant
)

select p.tenant, p.account, p.billing_policy_id, p.billing_policy_name
from raw.billing_policies as p
inner join newest as n on n.tenant = p.tenant and n.batch = p.batch
where p.billing_policy_id is not null and p.billing_policy_id <> ''
