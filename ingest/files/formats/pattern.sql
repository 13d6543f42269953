-- Grain: one pattern per text: digits as 9, letters as a, at most 40 signs.
create or replace macro pattern(text) as
    regexp_replace(regexp_replace(left(text, 40), '\d', '9', 'g'), '\pL', 'a', 'g');

-- Grain: one hint per text that is no time: what numbers are, '' for other texts.
create or replace macro hint(text) as case
    when regexp_full_match(text, '[3-5]\d{4}([.,]\d+)?')
        then ' (days of a spreadsheet? format the column as yyyy-mm-dd hh:mm:ss)'
    when regexp_full_match(text, '1\d{9}([.,]\d+)?|1\d{12}|1\d{15}|1\d{18}')
        then ' (seconds since 1970, or parts of them? export times as ISO 8601)'
    else ''
end
