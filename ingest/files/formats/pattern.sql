-- Grain: one pattern per text: digits as 9, letters as a, at most 40 signs.
create or replace macro pattern(said) as
    regexp_replace(regexp_replace(left(said, 40), '\d', '9', 'g'), '\pL', 'a', 'g')
