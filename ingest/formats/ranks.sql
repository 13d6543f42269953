-- Grain: one rank per text of events, such as `Receive, Deliver`; null when it has no known word.
-- The usual texts are told at a glance, the others word by word.
create macro rank_of(events) as case events
    when 'Receive, Deliver' then 1
    when 'Receive, Fail' then 5
    when 'Receive, Expand' then 2
    when 'Receive, Send' then 7
    when 'Receive, Send, Deliver' then 1
    when 'Deliver' then 1
    when 'Delivered' then 1
    when 'Failed' then 5
    else list_min(list_transform(
        string_split_regex(lower(events), '[^a-z]+'), lambda word: getvariable('ranks')[word]
    ))
end
