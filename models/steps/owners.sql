-- Grain: one row per tenant and account with a row of the days being built, by its number.
select distinct owner, tenant, account
from steps.places
