-- Grain: one row per stored sign-in of the days at hand.
select distinct id from existing
