-- Grain: one instant per instant; null outside the years 1 to 9999, which no calendar here can hold.
create or replace macro calendar(moment) as case
    when moment between timestamptz '0001-01-01' and timestamptz '9999-12-31 23:59:59'
        then moment
end
