-- Grain: one rank per text of events, such as `Receive, Deliver`; null when it has no known word.
create or replace macro rank_of(events) as list_min(list_transform(
    string_split_regex(lower(events), '[^a-z]+'), lambda word: getvariable('ranks')[word]
))
