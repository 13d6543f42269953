-- Grain: one row per subject that the facts {files} still hold, as marts/first_subjects.sql takes it:
-- up to its first digit, and in a hashed subject (s-…) the first half.
select distinct
    md5(
        case
            when regexp_extract(subject, '^s-[0-9a-f]{{32}}$') <> ''
                then regexp_extract(subject, '^s-[0-9a-f]{{16}}')
            else regexp_extract(lower(subject), '^[^0-9]*')
        end
    ) as subject_hash
from ({files})
where subject is not null
