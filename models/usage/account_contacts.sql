-- Grain: one row per domain that one account wrote to in [$since, $until]. A recipient without a
-- domain (a mark of a row) is shown as null. new_people: its first mail ever lies in that time.
-- Of the $kept days the rows are those of their contact files, of others those of account_rows.sql.
with mails as (
    select recipient, recipients
    from ({contacts})
    where sender in ({addresses})
    union all
    select recipient, 1
    from ({rows})
    where is_recipient and not list_contains($kept, day)
),

written as (
    select
        nullif(split_part(recipient, '@', 2), '') as domain,
        recipient,
        sum(recipients) as recipients
    from mails
    group by recipient
),

firsts as (
    select recipient, min(first_at) as first_at
    from marts.first_contacts
    where tenant = $tenant and account = $account
    group by recipient
)

select
    w.domain,
    sum(w.recipients)::bigint as recipients,
    count(*) as people,
    count(*) filter (where f.first_at >= $since) as new_people
from written as w
left join firsts as f on f.recipient = w.recipient
group by w.domain
order by recipients desc, w.domain
