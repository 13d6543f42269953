-- Grain: one row per incident of `listed`. Lists are texts: a line for each sentence or signal,
-- a comma between names.
select
    * replace (
        array_to_string(audience, ', ') as audience,
        array_to_string(reasons, chr(10)) as reasons,
        array_to_string([
            concat(s.name, ': ', s.state, format(' {:.2f}', s.score), ': ', s.reason)
            for s in signals
        ], chr(10)) as signals,
        array_to_string(next_steps, chr(10)) as next_steps
    ),
    array_to_string([s.name for s in signals if s.state = 'fired'], ', ') as signals_fired
from listed
