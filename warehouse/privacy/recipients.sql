-- Grain: one row per recipient of a domain ('' is all that names none) that any account wrote to.
select distinct recipient
from contacts
where recipient like '%' || case when $domain = '' then '' else '@' || $domain end
