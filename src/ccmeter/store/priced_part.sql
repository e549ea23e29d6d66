-- Parts of a call that are billed beside it, each once, with what it cost; null where its model has no rate card.
create or replace temp table priced_part/* of_device */ as
with sized as (
    select
        *,
        input_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens + cache_read_tokens as prompt_tokens
    from counted_part/* of_device */
)
select
    p.call_key,
    p.model,
    p.prompt_tokens + p.output_tokens as total_tokens,
    tokens_pico(
        p.input_tokens, r.input_pico, p.output_tokens, r.output_pico,
        p.cache_creation_5m_tokens, r.cache_creation_5m_pico,
        p.cache_creation_1h_tokens, r.cache_creation_1h_pico,
        p.cache_read_tokens, r.cache_read_pico, r.is_partial
    ) as tokens_pico
from sized p
join counted/* of_device */ c using (call_key)
join priced_origin o using (origin_id)
join model_name n on n.raw = p.model
left join rate r
    on r.model = n.model
    -- no source says that fast mode reaches an advisor
    and r.speed = if(p.kind = 'advisor', 'standard', o.rate_speed)
    and r.place = o.rate_place
    and r.tier = o.rate_tier
    and coalesce(c.logged_us, 576460752303423488) >= r.since_us
    and coalesce(c.logged_us, 576460752303423488) < r.until_us
    and p.prompt_tokens >= r.over_prompt and p.prompt_tokens < r.below_prompt;

-- All parts of a call together.
create or replace temp table priced_parts/* of_device */ as
select
    call_key,
    coalesce(sum(tokens_pico), 0) as parts_pico,
    sum(total_tokens) as parts_tokens,
    coalesce(sum(total_tokens) filter (tokens_pico is null), 0) as unpriced_parts_tokens,
    coalesce(list(distinct model) filter (tokens_pico is null), []) as unpriced_parts_models
from priced_part/* of_device */
group by call_key;
