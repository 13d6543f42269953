-- Grain: one pattern per text: digits as 9, letters as a, at most 40 signs.
create or replace macro pattern(text) as
    regexp_replace(regexp_replace(left(text, 40), '\d', '9', 'g'), '\pL', 'a', 'g')
