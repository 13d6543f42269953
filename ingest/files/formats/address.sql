-- Grain: one address per text, without white space and <> around it; null when nothing is left.
-- Most texts have none of these, and to look for them is cheaper than to trim.
create or replace macro address_of(text) as nullif(
    case
        when contains(text, ' ') or contains(text, '<') or contains(text, '>')
            or contains(text, chr(9)) or contains(text, chr(160))
            then trim(text, ' <>' || chr(9) || chr(10) || chr(13) || chr(160))
        else text
    end,
    ''
)
