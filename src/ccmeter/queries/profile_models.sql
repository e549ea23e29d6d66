-- What the calls since `$from_us` cost, and what their tokens would cost at each model's prices of now: of the models that were
-- used, by prices for short prompts at standard speed. Calls without a price take no part, nor do models with gaps in theirs.
with /* chosen */
used as (
    select
        sum(input_tokens)::hugeint as input_tokens,
        sum(output_tokens)::hugeint as output_tokens,
        sum(cache_creation_5m_tokens)::hugeint as short_tokens,
        sum(cache_creation_1h_tokens)::hugeint as long_tokens,
        sum(cache_read_tokens)::hugeint as read_tokens,
        sum(web_searches)::hugeint as searches,
        sum(own_pico) as cost_pico
    from chosen
    where logged_us >= $from_us::bigint and logged_us < $now_us::bigint and own_pico is not null
),
met as (
    select distinct o.priced_model as model
    from chosen c
    join priced_origin o using (origin_id)
    where c.logged_us >= $from_us::bigint and c.logged_us < $now_us::bigint
)
select
    r.model,
    u.cost_pico,
    u.input_tokens * r.input_pico + u.output_tokens * r.output_pico + u.short_tokens * r.cache_creation_5m_pico
        + u.long_tokens * r.cache_creation_1h_pico + u.read_tokens * r.cache_read_pico
        + u.searches * 10000000000 as switched_pico
from used u
cross join rate r
join met using (model)
where r.speed = 'standard' and r.place = '' and r.tier = 'standard' and r.over_prompt = 0 and not r.is_partial
    and r.since_us <= $now_us and r.until_us > $now_us and u.cost_pico > 0
order by switched_pico desc, r.model
