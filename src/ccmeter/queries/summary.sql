-- Usage by key and model, by key, and in all; by project too where asked. `level` tells the three apart.
-- Money is summed in 128 bits. Tokens cannot outgrow 64, and reach Python three times as fast so.
with /* chosen */
/* beside */
by_model as (
    select
        /* project */ as project,
        /* key */ as key,
        model_label,
        min(logged_us) as first_us,
        max(logged_us) as last_us,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(cache_creation_5m_tokens)::bigint as cache_creation_5m_tokens,
        sum(cache_creation_1h_tokens)::bigint as cache_creation_1h_tokens,
        sum(cache_read_tokens)::bigint as cache_read_tokens,
        coalesce(sum(cost_pico), 0) as cost_pico,
        sum(unpriced_tokens)::bigint as unpriced_tokens,
        flatten(coalesce(list(unpriced_models) filter (unpriced_tokens > 0), [])) as unpriced_models,
        count(*) as calls,
        count(*) filter (not is_final) as nonfinal_calls
    from chosen /* tagged */
    group by all
)
select
    grouping(model_label) + grouping(key) as level,
    project,
    key,
    model_label,
    min(first_us),
    coalesce(sum(input_tokens), 0)::bigint,
    coalesce(sum(output_tokens), 0)::bigint,
    coalesce(sum(cache_creation_5m_tokens), 0)::bigint,
    coalesce(sum(cache_creation_1h_tokens), 0)::bigint,
    coalesce(sum(cache_read_tokens), 0)::bigint,
    coalesce(sum(cost_pico), 0),
    coalesce(sum(unpriced_tokens), 0)::bigint,
    coalesce(list_sort(list_distinct(flatten(list(unpriced_models)))), []),
    coalesce(sum(calls), 0)::bigint,
    coalesce(sum(nonfinal_calls), 0)::bigint,
    max(last_us)
from by_model
group by grouping sets ((project, key, model_label), (project, key), ())
