-- Five-hour billing blocks as people may ask for them: where they begin was found over all usage, by the rule of
-- `ccmeter blocks`; the sums are made over the view `usage`. Usage without a readable time is in none.
with filled as (
    select
        b.start_us,
        count(*) as messages,
        count(*) filter (not u.is_final) as non_final_messages,
        sum(u.input_tokens)::bigint as input_tokens,
        sum(u.output_tokens)::bigint as output_tokens,
        sum(u.cache_creation_5m_tokens + u.cache_creation_1h_tokens)::bigint as cache_creation_tokens,
        sum(u.cache_read_tokens)::bigint as cache_read_tokens,
        sum(u.total_tokens)::bigint as total_tokens,
        sum(u.unpriced_tokens)::bigint as unpriced_tokens,
        sum(u.cost_usd) as cost_usd
    from usage u
    asof join /* facts */ b on epoch_us(u.logged_at) >= b.first_us
    group by b.start_us
)
select
    make_timestamptz(b.start_us) as start_at,
    make_timestamptz(b.end_us) as end_at,
    make_timestamptz(b.first_us) as first_at,
    make_timestamptz(b.last_us) as last_at,
    b.is_active = 1 as is_active,
    f.* exclude (start_us)
from /* facts */ b
join filled f using (start_us)
order by start_at
