-- Grain: one whole number per text, null when the text is none: 2048, 2048.0 as pandas writes it
-- beside an empty cell, and 2,048. No count is below 0.
create or replace macro whole_number(text) as coalesce(
    case when not contains(text, '.') and not contains(text, '-') then try_cast(text as bigint) end,
    case
        when regexp_full_match(text, '\d+\.0*') then try_cast(split_part(text, '.', 1) as bigint)
        when regexp_full_match(text, '\d{1,3}(,\d{3})+(\.0*)?')
            then try_cast(replace(split_part(text, '.', 1), ',', '') as bigint)
    end
)
