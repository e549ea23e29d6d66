-- What was used in the last minutes before `$now_us`, for several lengths at once, longest first.
with /* chosen */
span as (
    select unnest($minutes::bigint[]) as minutes
)
select
    s.minutes,
    coalesce(sum(c.total_tokens), 0)::bigint,
    coalesce(sum(c.total_tokens - c.cache_read_tokens), 0)::bigint,
    coalesce(sum(c.cost_pico), 0),
    coalesce(sum(c.unpriced_tokens), 0)::bigint
from span s
left join chosen c
    on c.logged_us > $now_us::bigint - s.minutes * 60000000 and c.logged_us <= $now_us::bigint
group by s.minutes
order by s.minutes desc
