-- Grain: one instant per text, null when the text is no time; a time without a zone is UTC.
-- Digits beyond the microsecond are cut, as DuckDB's cast does. Then the ways that PowerShell writes
-- a time: /Date(milliseconds)/ and the administrator's own culture, whose days are ISO 8601 by now.
-- Finland and Denmark write 13.00.00. Before AM and PM newer .NET writes a narrow no-break space (202F), some cultures write `a.m.`, and
-- Arabic ones the first letters of morning and evening. UTC at the end is what a text without means.
create or replace macro with_colons(text) as
    regexp_replace(text, '(\s\d{1,2})\.(\d{2})\.(\d{2})', '\1:\2:\3');

create or replace macro spelled_out(text) as regexp_replace(
    regexp_replace(
        regexp_replace(
            replace(replace(translate(upper(with_colons(text)), '/,()', '-'), 'ص', 'AM'), 'م', 'PM'),
            '[\s\x{A0}\x{202F}]*([AP])\.?[\s\x{A0}\x{202F}]?M\b\.?',
            ' \1M'
        ),
        '\s*(UTC|GMT|Z)$',
        ''
    ),
    '\s+([+-]\d\d:?\d\d)$',
    '\1'
);

create or replace macro instant(text) as coalesce(
    try_cast(text as timestamptz),
    epoch_ms(try_cast(regexp_extract(text, '^/Date\((-?\d+)', 1) as bigint))::timestamptz,
    case
        when text similar to '\d{4}[-/].*'
            then coalesce(
                try_cast(spelled_out(text) as timestamptz),
                -- Formats with a zone stand alone: beside others DuckDB keeps the zone of the row
                -- above.
                try_strptime(
                    spelled_out(text),
                    ['%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p', '%Y-%m-%d %I:%M:%S.%f %p']
                )::timestamptz,
                try_strptime(
                    spelled_out(text),
                    ['%Y-%m-%d %I:%M:%S %p%z', '%Y-%m-%d %I:%M %p%z', '%Y-%m-%d %I:%M:%S.%f %p%z']
                )
            )
    end
)
