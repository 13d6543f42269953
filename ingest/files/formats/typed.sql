-- Grain: one row per row of `texts`, typed. `reason` says why a row cannot be kept and is null for a
-- good one; of a value that cannot be read it shows the pattern, never the text: where columns are
-- shifted, that text may be a subject. A size that cannot be read is unknown and costs no row.
with typed as (
    select
        *,
        instant(received_text) as moment
    from texts
)

select
    line,
    trace_id,
    sender,
    recipient,
    plausible(moment) as received_at,
    message_id,
    subject,
    whole_number(size_text) as size_bytes,
    from_ip,
    to_ip,
    status,
    case
        when trace_id is null then 'id is empty'
        when sender is null then 'sender is empty'
        when recipient is null then 'recipient is empty'
        when is_type(sender) or is_type(recipient)
            then 'an address is the name of a type, such as System.String[], and not its values;'
                || ' join them when you export'
        when is_cut(sender) or is_cut(recipient)
            then 'an address is cut (…); export to a file without formatting'
        when received_text is null then 'received_at is empty'
        when moment is null
            then 'received_at is no time: ' || pattern(received_text) || hint(received_text)
        when plausible(moment) is null then 'received_at ' || implausible(moment)
    end as reason
from typed
