-- Grain: one instant per text, null when the text is no time; a time without a zone is UTC.
-- Digits beyond the microsecond are cut, as DuckDB's cast does. Then the ways that PowerShell writes
-- a time: /Date(milliseconds)/ and the administrator's own culture. `.` and `-` between the parts
-- mean that the day comes first; with `/` the file decides (variable day_first). Before AM and PM
-- newer .NET writes a narrow no-break space (8239).
create or replace macro instant(text) as coalesce(
    try_cast(text as timestamptz),
    epoch_ms(try_cast(regexp_extract(text, '^/Date\((-?\d+)', 1) as bigint))::timestamptz,
    case
        when text similar to '\d{1,2}/\d{1,2}/\d{4}.*'
            and not coalesce(getvariable('day_first'), false)
            then try_strptime(
                replace(text, chr(8239), ' '),
                [
                    '%m/%d/%Y %I:%M:%S %p', '%m/%d/%Y %H:%M:%S', '%m/%d/%Y %I:%M %p',
                    '%m/%d/%Y %H:%M'
                ]
            )
        when text similar to '\d{1,2}[./-]\d{1,2}[./-]\d{4}.*'
            then try_strptime(
                translate(replace(text, chr(8239), ' '), '.-', '//'),
                [
                    '%d/%m/%Y %I:%M:%S %p', '%d/%m/%Y %H:%M:%S', '%d/%m/%Y %I:%M %p',
                    '%d/%m/%Y %H:%M'
                ]
            )
    end::timestamptz
)
