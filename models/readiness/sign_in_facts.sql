-- Grain: one row per account, or application, with sign-ins up to $now. Times are UTC.
-- Basic is SMTP of a user whose password was right: it worked (0), or Conditional Access stopped it
-- afterwards (53003). How the log calls HVE is not documented: every SMTP name counts.
with named as (
    select
        coalesce(account, app_id) as subject,
        created_at,
        ip_address,
        error_code,
        not is_service_principal
        and (
            contains(lower(client_app_used), 'smtp')
            or lower(client_app_used) = 'other clients'
        ) as is_basic
    from raw.sign_ins
    where created_at <= $now and created_at >= $since
)

select
    subject,
    max(created_at) filter (where is_basic and error_code in (0, 53003)) as last_basic_at,
    coalesce(
        list(distinct ip_address order by ip_address)
            filter (where is_basic and error_code in (0, 53003) and ip_address is not null),
        []
    ) as basic_sources,
    max(created_at) filter (where error_code = 0) as last_success_at,
    max(created_at) filter (where is_basic and error_code <> 0) as last_failed_smtp_at,
    max(created_at) filter (where error_code = 53003) as last_blocked_at
from named
where subject is not null
group by subject
