-- What the stored calls cost. These views are made anew for every connection; they read the tables `rate` and
-- `model_name` that it has been handed (ccmeter.store.views).

-- Origins with what their calls pay for apart from tokens. A table, because every call is joined with it.
create or replace temp table priced_origin as
with situated as (
    select
        o.*,
        n.model as priced_model,
        if(o.speed = 'fast' or n.is_fast, 'fast', 'standard') as rate_speed,
        if(o.inference_geo = 'us', 'us', n.place) as rate_place,
        if(o.service_tier = 'batch' or n.is_batch, 'batch', 'standard') as rate_tier
    from origin o
    join model_name n on n.raw = o.model
)
select s.*, t.tariff
from situated s
left join (select distinct tariff, model, speed, place, tier from rate) t
    on t.model = s.priced_model and t.speed = s.rate_speed and t.place = s.rate_place and t.tier = s.rate_tier;

-- Parts of a call that are billed beside it, each once, with what it cost; null where its model has no rate card.
create or replace temp view priced_part as
with part_once as (
    select
        call_key,
        ordinal,
        max(kind) as kind,
        max(model) as model,
        max(input_tokens) as input_tokens,
        max(output_tokens) as output_tokens,
        max(cache_creation_5m_tokens)
            + greatest(max(cache_creation_tokens) - max(cache_creation_5m_tokens) - max(cache_creation_1h_tokens), 0)
            as cache_creation_5m_tokens,
        max(cache_creation_1h_tokens) as cache_creation_1h_tokens,
        max(cache_read_tokens) as cache_read_tokens
    from part
    group by call_key, ordinal
),
sized as (
    select
        *,
        input_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens + cache_read_tokens as prompt_tokens
    from part_once
)
select
    p.call_key,
    p.model,
    p.prompt_tokens + p.output_tokens as total_tokens,
    case
        when r.is_partial and (
            (p.input_tokens > 0 and r.input_pico < 0) or (p.output_tokens > 0 and r.output_pico < 0)
            or (p.cache_creation_5m_tokens > 0 and r.cache_creation_5m_pico < 0)
            or (p.cache_creation_1h_tokens > 0 and r.cache_creation_1h_pico < 0)
            or (p.cache_read_tokens > 0 and r.cache_read_pico < 0)
        ) then null
        else p.input_tokens * r.input_pico + p.output_tokens * r.output_pico
            + p.cache_creation_5m_tokens * r.cache_creation_5m_pico
            + p.cache_creation_1h_tokens * r.cache_creation_1h_pico
            + p.cache_read_tokens * r.cache_read_pico
    end as tokens_pico
from sized p
join call c using (call_key)
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
create or replace temp view priced_parts as
select
    call_key,
    coalesce(sum(tokens_pico), 0) as parts_pico,
    sum(total_tokens) as parts_tokens,
    coalesce(sum(total_tokens) filter (tokens_pico is null), 0) as unpriced_parts_tokens,
    coalesce(list(distinct model) filter (tokens_pico is null), []) as unpriced_parts_models
from priced_part
group by call_key;

-- Every call with what it cost. `list_pico` is null where the call's model has no rate card.
create or replace temp view priced_call as
with own as (
    select
        c.*,
        c.input_tokens + c.cache_creation_5m_tokens + c.cache_creation_1h_tokens + c.cache_read_tokens + c.output_tokens
            as total_tokens,
        o.* exclude (origin_id, tariff, rate_speed, rate_place, rate_tier),
        case
            when r.tariff is null then null
            -- a refusal before any output has not been billed since 2026-06-02
            when c.stop_reason = 'refusal' and c.output_tokens = 0
                and coalesce(c.logged_us, 576460752303423488) >= 1780358400000000 then 0
            when r.is_partial and (
                (c.input_tokens > 0 and r.input_pico < 0) or (c.output_tokens > 0 and r.output_pico < 0)
                or (c.cache_creation_5m_tokens > 0 and r.cache_creation_5m_pico < 0)
                or (c.cache_creation_1h_tokens > 0 and r.cache_creation_1h_pico < 0)
                or (c.cache_read_tokens > 0 and r.cache_read_pico < 0)
            ) then null
            else c.input_tokens * r.input_pico + c.output_tokens * r.output_pico
                + c.cache_creation_5m_tokens * r.cache_creation_5m_pico
                + c.cache_creation_1h_tokens * r.cache_creation_1h_pico
                + c.cache_read_tokens * r.cache_read_pico
                + c.web_searches::hugeint * 10000000000
        end as own_pico,
        r.output_pico as output_rate_pico
    from call c
    join priced_origin o using (origin_id)
    left join rate r
        on r.tariff = o.tariff
        and coalesce(c.logged_us, 576460752303423488) >= r.since_us
        and coalesce(c.logged_us, 576460752303423488) < r.until_us
        and c.input_tokens + c.cache_creation_5m_tokens + c.cache_creation_1h_tokens + c.cache_read_tokens
            >= r.over_prompt
        and c.input_tokens + c.cache_creation_5m_tokens + c.cache_creation_1h_tokens + c.cache_read_tokens
            < r.below_prompt
)
select
    o.*,
    o.own_pico + coalesce(p.parts_pico, 0) as list_pico,
    if(o.own_pico is null, o.total_tokens + coalesce(p.parts_tokens, 0), coalesce(p.unpriced_parts_tokens, 0))
        as unpriced_tokens,
    if(o.own_pico is null, [o.model], []) || coalesce(p.unpriced_parts_models, []) as unpriced_models
from own o
left join priced_parts p using (call_key);
