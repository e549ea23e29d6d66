-- Turns of a few short calls by a dear model, and what they would have cost by the cheapest model of the same person that
-- costs at most half: the same tokens, at that model's prices of the day. A turn begins with a prompt, or
-- where its record says.
with /* chosen */
/* once */
began as (
    select session_id, at_us from prompt_once
    union
    -- logs that were read before prompts were kept have their records of turns
    select session_id, start_us from turn_once anti join prompt_once using (session_id)
),
priced as (
    select
        c.logged_us,
        c.session_id,
        c.cwd,
        c.model_label,
        c.output_tokens,
        c.output_rate_pico,
        c.cost_pico,
        c.input_tokens,
        c.cache_read_tokens,
        c.cache_creation_5m_tokens,
        c.cache_creation_1h_tokens,
        p.at_us as began_us
    from chosen c
    asof join began p on p.session_id = c.session_id and p.at_us <= c.logged_us
    where not c.is_sidechain and c.agent_id = '' and c.own_pico is not null
),
small as (
    select
        session_id,
        began_us,
        min(logged_us) as logged_us,
        min(cwd) as cwd,
        min(model_label) as model_label,
        max(output_rate_pico) as output_rate_pico,
        sum(cost_pico) as cost_pico,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(cache_read_tokens)::bigint as cache_read_tokens,
        sum(cache_creation_5m_tokens)::bigint as cache_creation_5m_tokens,
        sum(cache_creation_1h_tokens)::bigint as cache_creation_1h_tokens
    from priced
    group by session_id, began_us
    having count(*) <= $most_calls and sum(output_tokens) <= $most_output and count(distinct model_label) = 1
),
weaker as (
    select model, input_pico, output_pico, cache_creation_5m_pico, cache_creation_1h_pico, cache_read_pico
    from rate
    where speed = 'standard' and place = '' and tier = 'standard' and over_prompt = 0 and not is_partial
        and until_us > $now_us and since_us <= $now_us
        and model in (select priced_model from priced_origin)
    order by output_pico, input_pico, model
    limit 1
)
select
    'strong_model' as kind,
    s.logged_us,
    s.session_id,
    s.cwd,
    s.model_label,
    (s.input_tokens + s.output_tokens + s.cache_read_tokens + s.cache_creation_5m_tokens + s.cache_creation_1h_tokens)
        ::bigint as tokens,
    s.cost_pico - (
        s.input_tokens::hugeint * w.input_pico + s.output_tokens::hugeint * w.output_pico
        + s.cache_read_tokens::hugeint * w.cache_read_pico
        + s.cache_creation_5m_tokens::hugeint * w.cache_creation_5m_pico
        + s.cache_creation_1h_tokens::hugeint * w.cache_creation_1h_pico
    ) as wasted_pico,
    w.model
from small s
cross join weaker w
where w.output_pico * 2 <= s.output_rate_pico
    and s.cost_pico > (
        s.input_tokens::hugeint * w.input_pico + s.output_tokens::hugeint * w.output_pico
        + s.cache_read_tokens::hugeint * w.cache_read_pico
        + s.cache_creation_5m_tokens::hugeint * w.cache_creation_5m_pico
        + s.cache_creation_1h_tokens::hugeint * w.cache_creation_1h_pico
    )
order by wasted_pico desc, s.logged_us, s.session_id
