-- Grain: one row per pseudonym of the batch that the table of identities does not hold.
select distinct a.pseudonym
from requested as a
left join (select distinct pseudonym from existing) as e on e.pseudonym = a.pseudonym
where e.pseudonym is null
order by a.pseudonym
