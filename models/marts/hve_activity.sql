-- Grain: one row per tenant, account, UTC hour and quarter of it (0 to 3) with at least one row.
-- Units: counts of recipients (rows without `expanded`) unless said otherwise. wide_recipients are
-- those of messages to ten or more, widest is the largest message; most_repeated is how often the
-- same recipient had mail; external ones failed and lie outside the accounts' own domains. Of those
-- with a known source, young_source_recipients came from a network (/24, /48) that the account first
-- used less than seven days before. Counts by status, source,
-- recipient and subject are null where no row carries one.
with quarters as (
    select
        p.tenant,
        p.day,
        p.account,
        to_timestamp(epoch(p.day) + 3600 * (q.slot // 4)) as hour_utc,
        q.slot % 4 as quarter,
        q.messages,
        cast(q.recipients as bigint) as recipients,
        q.most_repeated,
        cast(q.wide_recipients as bigint) as wide_recipients,
        q.widest,
        cast(coalesce(f.new_recipients, 0) as bigint) as new_recipients,
        cast(coalesce(f.new_subjects, 0) as bigint) as new_subjects,
        cast(q.failed as bigint) as failed,
        cast(q.quarantined + q.filtered_as_spam as bigint) as filtered,
        cast(q.external as bigint) as external,
        cast(q.with_status - q.expanded as bigint) as known_status,
        cast(q.known_source as bigint) as known_source,
        cast(q.young_source as bigint) as young_source,
        q.known_recipient,
        q.known_subject
    from steps.quarter_hours as q
    inner join steps.places as p on p.place = q.place
    left join steps.firsts as f
        on f.owner = p.owner and f.quarter = cast(epoch(p.day) as bigint) // 900 + q.slot
    where q.recipients > 0
)

select
    tenant,
    day,
    account,
    hour_utc,
    quarter,
    messages,
    recipients,
    case when known_recipient > 0 then most_repeated end as most_repeated,
    wide_recipients,
    widest,
    case when known_recipient > 0 then new_recipients end as new_recipients,
    case when known_subject > 0 then new_subjects end as new_subjects,
    case when known_status > 0 then failed end as failed,
    case when known_status > 0 then filtered end as filtered,
    case when known_status > 0 and known_recipient > 0 then external end as external,
    known_status as known_status_recipients,
    known_source as known_source_recipients,
    young_source as young_source_recipients
from quarters
