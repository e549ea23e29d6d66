-- What Claude Code itself said that sessions had cost, beside what their logged calls come to at that instant.
with /* chosen */
told as (
    select session_id, max(read_us) as read_us, arg_max(cost_pico, read_us) as told_pico
    from session_reading
    where cost_pico is not null and read_us >= $from_us and read_us <= $now_us
    group by session_id
)
select
    t.session_id,
    t.read_us,
    t.told_pico::bigint,
    coalesce(sum(c.cost_pico), 0) as own_pico,
    coalesce(sum(c.unpriced_tokens), 0)::bigint as unpriced_tokens
from told t
join chosen c on c.session_id = t.session_id and c.logged_us <= t.read_us
group by all
order by t.read_us desc, t.session_id
