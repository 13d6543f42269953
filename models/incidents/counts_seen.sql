-- Grain: one row per account with mail.
-- Units: recipients and those that were not delivered, over the whole history.
select
    account,
    cast(sum(recipients + failed + quarantined + filtered_as_spam) as bigint) as seen
from marts.hve_usage_daily
group by account
