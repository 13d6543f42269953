-- Grain: one row per account with mail.
-- Units: recipients and those that were not delivered, over the whole history. Each count is summed
-- alone: one that is unknown on some days takes nothing from the others.
select
    account,
    cast(
        sum(recipients)
        + coalesce(sum(failed), 0)
        + coalesce(sum(quarantined), 0)
        + coalesce(sum(filtered_as_spam), 0)
        as bigint
    ) as seen
from marts.hve_usage_daily
group by account
