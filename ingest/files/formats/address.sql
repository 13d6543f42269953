-- Grain: one address per text, without white space and <> around it; null when nothing is left.
-- Most texts have none of these, and to look for them is cheaper than to trim.
create or replace macro address_of(said) as nullif(
    case
        when contains(said, ' ') or contains(said, '<') or contains(said, '>')
            or contains(said, chr(9)) or contains(said, chr(160))
            then trim(said, ' <>' || chr(9) || chr(10) || chr(13) || chr(160))
        else said
    end,
    ''
)
