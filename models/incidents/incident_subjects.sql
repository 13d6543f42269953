-- Grain: one row per subject that $account used in [$since, $until), most recipients first.
select subject, count(*) as recipients, count(distinct trace_id) as messages
from staging.stg_message_traces
where
    tenant = $tenant
    and account = $account
    and received_at >= $since
    and received_at < $until
    and day between cast($since as date) and cast($until as date)
    and status_group is distinct from 'expanded'
group by subject
order by recipients desc, subject
limit 20
