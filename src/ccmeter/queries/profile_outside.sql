-- First and last call of every hour, outside of the windows that are known: what blocks are found from, whatever the
-- filters. An hour ends with its last instant, as in blocks.py.
with known as (
    select unnest($starts::bigint[]) as start_us, unnest($ends::bigint[]) as end_us
)
select min(c.logged_us), max(c.logged_us)
from counted c
asof left join known k on c.logged_us >= k.start_us
where c.logged_us is not null
    and (k.start_us is null or c.logged_us >= k.end_us)
    and ($before_us::bigint is null or c.logged_us < $before_us::bigint)
group by (c.logged_us - 1) - (((c.logged_us - 1) % $hour_us) + $hour_us) % $hour_us, k.start_us
order by 1
