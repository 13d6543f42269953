-- Grain: one instant per instant; null where no mail can have been received (variables earliest and
-- latest).
create or replace macro plausible(moment) as case
    when moment between getvariable('earliest') and getvariable('latest') then moment
end;

-- Grain: one text per instant that is not plausible: what it is and what usually writes it.
create or replace macro implausible(moment) as
    case
        when isinf(moment) then 'is no time'
        else 'is ' || left(cast(moment as varchar), 19) || case
            when moment >= getvariable('latest') and year(moment) < 2500
                then ', which is after now'
            when year(moment) = 1 then ': .NET writes year 1 where there is no date'
            when year(moment) in (1601, 1899, 1900, 1904, 1970)
                then ': the zero of a clock stands where there is no date'
            when year(moment) between 1300 and 1500
                then ': ' || year(moment) || ' is a Hijri year; export times as ISO 8601'
            when year(moment) between 2500 and 2600
                then ': ' || year(moment) || ' is a Buddhist year; export times as ISO 8601'
            when year(moment) < 100 then ': a year of two digits; export times as ISO 8601'
            else ', a time without mail'
        end
    end
