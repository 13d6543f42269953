-- Grain: one status per text of events; a text without a known word is its own status.
-- The usual texts are compared whole, the others word by word.
create or replace macro status_of(events) as case events
    when 'Receive, Deliver' then 'Delivered'
    when 'Receive, Fail' then 'Failed'
    when 'Receive, Expand' then 'Expanded'
    when 'Receive, Send' then 'Pending'
    when 'Receive, Send, Deliver' then 'Delivered'
    else coalesce(getvariable('statuses')[rank_of(events)], address_of(events))
end
