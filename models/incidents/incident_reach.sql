-- Grain: one row per incident of $ids that wrote to somebody. Units: people (distinct addresses).
-- addressed: everybody it wrote to but lists; reached: those with a delivered message; unsettled:
-- those without one of whom a row has no outcome yet, or none that is known. is_named: false where
-- recipients are not kept, whose rows nobody can tell apart by person.
with people as (
    select
        i.id,
        t.recipient,
        coalesce(bool_or(t.status_group = 'delivered'), false) as is_reached,
        bool_or(t.status_group is null) as is_unknown,
        bool_or(t.status_group = 'pending') as is_pending
    from marts.hve_incidents as i
    inner join staging.stg_message_traces as t
        on t.tenant = i.tenant
        and t.account = i.account
        and t.received_at >= i.started_at
        and t.received_at < coalesce(i.ended_at, $now)
    where
        i.id in (select unnest($ids))
        and ($tenant is null or i.tenant = $tenant)
        and t.day between cast($first as date) and cast($last as date)
        and t.status_group is distinct from 'expanded'
    group by i.id, t.recipient
)

select
    id,
    count(*) as addressed,
    count(*) filter (where is_reached) as reached,
    count(*) filter (where not is_reached and (is_unknown or coalesce(is_pending, false)))
        as unsettled,
    count(*) filter (where recipient like 'aggregate:%') = 0 as is_named
from people
group by id
