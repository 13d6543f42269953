-- Grain: one row per tenant, account, UTC day and currency of the price book.
-- Units: money in the currency of the row, nine decimals, not rounded to cents. A day takes the
-- price with the latest effective_from that is not after it; no such price, no row. A tenant with
-- prices of its own has a whole book of them, which comes before the one of everybody.
with priced as (
    select
        u.tenant,
        u.day,
        u.account,
        p.currency,
        u.billable_recipients,
        u.unknown_recipients,
        p.unit_price,
        row_number() over (
            partition by u.tenant, u.day, u.account, p.currency
            order by case when p.tenant is null then 1 else 0 end, p.effective_from desc
        ) as recency
    from marts.hve_usage_daily as u
    inner join reference.price_book as p
        on p.effective_from <= u.day and (p.tenant is null or p.tenant = u.tenant)
    where u.billable_recipients is not null
)

select
    tenant,
    day,
    account,
    currency,
    billable_recipients,
    unknown_recipients,
    cast(unit_price as decimal(28, 9)) as unit_price,
    cast(unit_price * billable_recipients as decimal(28, 9)) as cost
from priced
where recency = 1
