-- What the stored lines mean. These views are made anew for every connection, so the rules here can be mended without
-- touching what is stored. They read `rate` and `model_name`, which the connection has been handed (ccmeter.store.views).

-- Origins with what their calls pay for apart from tokens, in the order in which they win a call between lines of the
-- same time: a copy that names the session it was forked from first, then the smallest session id (a convention:
-- nothing in the lines tells).
create temp view ranked_origin as
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
select
    s.*,
    t.tariff,
    row_number() over (
        order by s.is_forked desc, s.session_id, s.agent_id, s.cwd, s.git_branch, s.version, s.is_sidechain, s.model,
            s.speed, s.service_tier, s.inference_geo, s.is_nested
    ) as place
from situated s
left join (select distinct tariff, model, speed, place, tier from rate) t
    on t.model = s.priced_model and t.speed = s.rate_speed and t.place = s.rate_place and t.tier = s.rate_tier;

-- One row per call: the largest value of each count over all its lines, and everything else from its earliest line.
-- Lines nested in progress records speak only where no other does. `first_line` packs that choice into one number, from
-- the top: nested or not, microseconds since 1970 (2^59 where undated), rank of the origin; the smallest wins.
create temp view call as
with weighed as (
    select
        l.*,
        (o.is_nested::hugeint << 100)
            + (coalesce(epoch_us(l.logged_at), 576460752303423488)::hugeint << 40)
            + o.place as first_line
    from line l
    join ranked_origin o using (origin_id)
),
merged as (
    select
        call_key,
        count(*) as lines,
        min(first_line) as first_line,
        max(input_tokens) as input_tokens,
        max(output_tokens) as output_tokens,
        max(cache_creation_tokens) as written_tokens,
        max(cache_creation_5m_tokens) as short_tokens,
        max(cache_creation_1h_tokens) as cache_creation_1h_tokens,
        max(cache_read_tokens) as cache_read_tokens,
        max(thinking_tokens) as thinking_tokens,
        max(web_searches) as web_searches,
        max(web_fetches) as web_fetches,
        max(stop_reason) as stop_reason,
        bool_or(is_final) as is_final,
        max(recorded_pico) as recorded_pico
    from weighed
    group by call_key
)
select
    m.* exclude (first_line, written_tokens, short_tokens),
    ((m.first_line >> 40) & 1152921504606846975)::bigint as first_us,
    -- what the total has beyond the split was written for 5 minutes; a split larger than its total is trusted
    m.short_tokens + greatest(m.written_tokens - m.short_tokens - m.cache_creation_1h_tokens, 0)
        as cache_creation_5m_tokens,
    o.* exclude (origin_id, place)
from merged m
join ranked_origin o on o.place = (m.first_line & 1099511627775)::bigint;

-- Parts of a call that are billed beside it, each once, with what they cost together.
create temp view call_parts as
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
),
priced as (
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
    join model_name n on n.raw = p.model
    left join rate r
        on r.model = n.model
        -- no source says that fast mode reaches an advisor
        and r.speed = if(p.kind = 'advisor', 'standard', c.rate_speed)
        and r.place = c.rate_place
        and r.tier = c.rate_tier
        and c.first_us >= r.since_us and c.first_us < r.until_us
        and p.prompt_tokens >= r.over_prompt and p.prompt_tokens < r.below_prompt
)
select
    call_key,
    sum(tokens_pico) as parts_pico,
    sum(total_tokens) as parts_tokens,
    coalesce(sum(total_tokens) filter (tokens_pico is null), 0) as unpriced_parts_tokens,
    list(distinct model) filter (tokens_pico is null) as unpriced_parts_models
from priced
group by call_key;

-- Every call with what it cost. `list_pico` is null where the call's model has no rate card.
create temp view priced_call as
with sized as (
    select
        *,
        input_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens + cache_read_tokens as prompt_tokens
    from call
),
own as (
    select
        c.*,
        c.prompt_tokens + c.output_tokens as total_tokens,
        case
            when r.tariff is null then null
            -- a refusal before any output has not been billed since 2026-06-02
            when c.stop_reason = 'refusal' and c.output_tokens = 0 and c.first_us >= 1780358400000000 then 0
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
        end as own_pico
    from sized c
    left join rate r
        on r.tariff = c.tariff
        and c.first_us >= r.since_us and c.first_us < r.until_us
        and c.prompt_tokens >= r.over_prompt and c.prompt_tokens < r.below_prompt
)
select
    o.* exclude (own_pico, first_us, tariff, rate_speed, rate_place, rate_tier),
    if(o.first_us = 576460752303423488, null, make_timestamp(o.first_us)) as logged_at,
    o.own_pico + coalesce(p.parts_pico, 0) as list_pico,
    if(o.own_pico is null, o.total_tokens + coalesce(p.parts_tokens, 0), coalesce(p.unpriced_parts_tokens, 0))
        as unpriced_tokens,
    if(o.own_pico is null, list_append(coalesce(p.unpriced_parts_models, []), o.model), p.unpriced_parts_models)
        as unpriced_models
from own o
left join call_parts p using (call_key);
