-- Facts joined, by the rule of `domain.facts.join`: the voices of the table `heard`, each on one or more `side`s, to one
-- row per call and side. Of several revisions only the highest speaks; of attributions the least counts, of every
-- count the largest, of parts likewise by their ordinal.
with newest as (
    select * from heard qualify revision = max(revision) over (partition by fingerprint, side)
),
part_joined as (
    select
        fingerprint,
        side,
        part.ordinal as ordinal,
        max(part.kind) as kind,
        max(part.model) as model,
        max(part.input_tokens) as input_tokens,
        max(part.output_tokens) as output_tokens,
        max(part.cache_creation_5m_tokens) as cache_creation_5m_tokens,
        max(part.cache_creation_1h_tokens) as cache_creation_1h_tokens,
        max(part.cache_read_tokens) as cache_read_tokens
    from (select fingerprint, side, unnest(parts) as part from newest where parts is not null)
    group by all
),
listed as (
    select
        fingerprint,
        side,
        list(
            struct_pack(
                ordinal := ordinal, kind := kind, model := model, input_tokens := input_tokens,
                output_tokens := output_tokens, cache_creation_5m_tokens := cache_creation_5m_tokens,
                cache_creation_1h_tokens := cache_creation_1h_tokens, cache_read_tokens := cache_read_tokens
            ) order by ordinal
        ) as parts
    from part_joined
    group by fingerprint, side
),
joined as (
    select
        fingerprint,
        side,
        min(call_key) as call_key,
        max(revision) as revision,
        min(attribution) as attribution,
        arg_min(origin_id, attribution) as origin_id,
        arg_min(slot, attribution) as slot,
        max(input_tokens) as input_tokens,
        max(output_tokens) as output_tokens,
        max(cache_creation_5m_tokens) as cache_creation_5m_tokens,
        max(cache_creation_1h_tokens) as cache_creation_1h_tokens,
        max(cache_read_tokens) as cache_read_tokens,
        max(thinking_tokens) as thinking_tokens,
        max(web_searches) as web_searches,
        max(web_fetches) as web_fetches,
        bool_or(is_final) as is_final,
        bool_or(is_refusal) as is_refusal,
        max(recorded_pico) as recorded_pico
    from newest
    group by fingerprint, side
)
select
    j.*,
    l.parts,
    (
        attribution // 2, input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens,
        cache_read_tokens, thinking_tokens, web_searches, web_fetches, is_final, is_refusal, recorded_pico, l.parts
    ) as said
from joined j
left join listed l using (fingerprint, side)
