-- Usage by the hour on the wall, from `$from_us` on, and how much of it since `$start_us`.
with /* chosen */
counted as (
    select date_trunc('hour', local_at) as hour, logged_us >= $start_us::bigint as is_in, * from chosen
    where logged_us >= $from_us::bigint and logged_us < $now_us::bigint
)
select
    hour,
    is_in,
    sum(total_tokens)::bigint,
    coalesce(sum(cost_pico), 0),
    sum(unpriced_tokens)::bigint
from counted
group by all
order by hour, is_in
