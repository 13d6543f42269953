-- Grain: one address per text, without white space and <> around it; null when nothing is left.
-- Most texts have none, and looking at both ends is cheaper than trimming.
create macro address_of(said) as nullif(
    case
        when unicode(said) in (9, 10, 13, 32, 60, 160)
            or unicode(right(said, 1)) in (9, 10, 13, 32, 62, 160)
            then trim(said, ' <>' || chr(9) || chr(10) || chr(13) || chr(160))
        else said
    end,
    ''
)
