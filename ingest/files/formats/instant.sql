-- Grain: one instant per text, null when the text is no time; a time without a zone is UTC.
-- Digits beyond the microsecond are cut, as DuckDB's cast does. Then the ways that PowerShell writes
-- a time: /Date(milliseconds)/ and the administrator's own culture, whose days are ISO 8601 by now.
-- Before AM and PM newer .NET writes a narrow no-break space (202F), and some cultures `a.m.`.
create or replace macro spelled_out(text) as regexp_replace(
    regexp_replace(
        translate(upper(text), '/,()', '-'),
        '[\s\x{A0}\x{202F}]*([AP])\.?[\s\x{A0}\x{202F}]?M\b\.?',
        ' \1M'
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
                try_strptime(
                    spelled_out(text),
                    [
                        '%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p', '%Y-%m-%d %I:%M:%S.%f %p',
                        '%Y-%m-%d %I:%M:%S %p%z'
                    ]
                )::timestamptz
            )
    end
)
