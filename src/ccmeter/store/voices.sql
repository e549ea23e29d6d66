-- All that is known of the calls whose fingerprints stand in `touched_fact`: one row per telling.
--
-- `source` says who tells it: the store's own lines (`own`, or `kept` where they are not to be told to others), a known
-- chunk (`covered`, or `hidden` where a rule of forgetting names it), or a chunk that is gone (`orphan`). `attribution`
-- packs who, when and where into one number, so that the smallest is the least by `domain.facts.Attribution`: from the top,
-- nested or not, slot, place of the rest in order, and whether a fact told it: of equal ones the store's own go first.
create or replace temp table voice as
with named_origin as (
    select
        o.origin_id,
        false as is_told,
        o.is_nested,
        coalesce(p.project, '') as project,
        if(
            o.session_id = '', '', left(sha256((select fp_key from vault) || '|session|' || o.session_id), 16)
        ) as session,
        'claude' as agent,
        o.model,
        o.speed,
        o.service_tier,
        o.inference_geo,
        o.is_sidechain
    from origin o
    left join project_id p using (cwd)
    union all
    select
        fact_origin_id, true, is_nested, project, session, agent, model, speed, service_tier, inference_geo, is_sidechain
    from fact_origin
),
ranked_origin as (
    select
        origin_id,
        is_told,
        is_nested,
        dense_rank() over (
            order by project, session, agent, model, speed, service_tier, inference_geo, is_sidechain
        ) as place
    from named_origin
),
own as (
    select
        k.fingerprint,
        if(c.logged_us is null, 4294967295, greatest(c.logged_us, 0) // 900000000) as slot,
        c.*
    from (from fingerprint semi join touched_fact using (fingerprint)) k
    join call c using (call_key)
),
own_part as (
    select
        call_key,
        list(
            struct_pack(
                ordinal := ordinal, kind := kind, model := model, input_tokens := input_tokens,
                output_tokens := output_tokens, cache_creation_5m_tokens := cache_creation_5m_tokens,
                cache_creation_1h_tokens := cache_creation_1h_tokens, cache_read_tokens := cache_read_tokens
            ) order by ordinal
        ) as parts
    from part_once semi join own using (call_key)
    group by call_key
),
told as (
    select
        fingerprint,
        call_key,
        if(slot < coalesce((select max(until_slot) from forgotten_device semi join vault using (device)), 0), 'kept', 'own')
            as source,
        (select revision from counting) as revision,
        origin_id,
        false as is_told,
        slot,
        input_tokens,
        output_tokens,
        cache_creation_5m_tokens,
        cache_creation_1h_tokens,
        cache_read_tokens,
        thinking_tokens,
        web_searches,
        web_fetches,
        is_final,
        stop_reason = 'refusal' as is_refusal,
        coalesce(recorded_pico, -1) as recorded_pico,
        parts
    from own
    left join own_part using (call_key)
    union all
    select
        fingerprint,
        null,
        case when number is null then 'orphan' when is_hidden then 'hidden' else 'covered' end,
        revision,
        fact_origin_id,
        true,
        slot,
        input_tokens,
        output_tokens,
        cache_creation_5m_tokens,
        cache_creation_1h_tokens,
        cache_read_tokens,
        thinking_tokens,
        web_searches,
        web_fetches,
        is_final,
        is_refusal,
        recorded_pico,
        parts
    from fact
    semi join touched_fact using (fingerprint)
    where number is not null or not is_hidden
)
select
    t.* exclude (is_told),
    (o.is_nested::hugeint << 100) + (t.slot::hugeint << 40) + (o.place * 2 + t.is_told::integer) as attribution,
    hash(
        o.is_nested, slot, o.place, revision, input_tokens, output_tokens, cache_creation_5m_tokens,
        cache_creation_1h_tokens, cache_read_tokens, thinking_tokens, web_searches, web_fetches, is_final, is_refusal,
        recorded_pico, parts
    ) as said
from told t
join ranked_origin o on o.origin_id = t.origin_id and o.is_told = t.is_told;
