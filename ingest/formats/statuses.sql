-- Grain: one status per rank.
create macro status_of(rank) as getvariable('statuses')[rank]
